/* SPDX-License-Identifier: Apache-2.0 */
#include "crash/firmware.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/le.h"
#include "block/find/gpt.h"
#include "crash/firmware-pi.h"
#include "crash/firmware-ubi.h"
#include "loader/partition.h"
#include "store/images.h"
#include "store/store.h"

#define SECTOR ((size_t)512)
#define STRIDE 4096 /* from the first copy of the state to the second */

int firmware_open(const struct settings *settings, int truth,
		  struct firmware *ret_firmware, struct err *err)
{
	static struct manifest manifest;
	struct images images;
	struct digest id;
	int r = 0;

	*ret_firmware = (struct firmware){ .loader = { .ops = &loader_sector,
						       .path = FIRMWARE_STATE,
						       .slots = { FIRMWARE_SLOT_A,
								  FIRMWARE_SLOT_B } } };
	ret_firmware->pi = settings->policy.boot_loader == POLICY_LOADER_RPI;
	ret_firmware->ubi = settings->policy.boot_loader == POLICY_LOADER_HELPER;
	images_init(&images, truth);
	while (r >= 0 && (r = images_next(&images, &id, err)) > 0) {
		if (ret_firmware->count == FIRMWARE_KERNELS)
			return err_set(err, -E2BIG, "too many kernels");
		r = store_load_image(truth, &id, &settings->keyring, 1, &manifest, NULL,
				     err);
		if (r == 0 && manifest.boot.id[0])
			ret_firmware->kernels[ret_firmware->count++] = manifest.boot;
	}
	return r;
}

static int holds(const struct firmware *firmware, enum boot_slot slot,
		 const struct manifest_boot *boot, struct err *err)
{
	const struct partition partition = {
		.path = firmware->loader.slots[slot - BOOT_SLOT_A]
	};

	return partition_holds(&partition, &boot->blob, boot->size, err);
}

int firmware_has(const struct firmware *firmware, const struct manifest_boot *boot,
		 struct err *err)
{
	int r = holds(firmware, BOOT_SLOT_A, boot, err);

	return r ? r : holds(firmware, BOOT_SLOT_B, boot, err);
}

/* A slot that is no whole kernel is refused: 0. */
static int start(struct firmware *firmware, enum boot_slot slot, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < firmware->count; i++) {
		r = holds(firmware, slot, &firmware->kernels[i], err);
		if (r > 0)
			strcpy(firmware->boot_id, firmware->kernels[i].id);
	}
	firmware->runs = slot;
	return r;
}

/* U-Boot's `env export -c`, into copy 1, then 2, as board/u-boot.env does it. */
static int clear_once(const struct firmware *firmware, enum boot_slot usual,
		      struct err *err)
{
	_Alignas(4096) static uint8_t sector[SECTOR];
	__fd int fd = -EBADF;

	if (firmware->ubi)
		return firmware_ubi_write(firmware->loader.path,
					  &(struct loader_words){ .usual = usual }, err);
	fd = open(firmware->loader.path, O_RDWR | O_DIRECT | O_CLOEXEC);
	memset(sector, 0, sizeof(sector));
	(void)stpcpy(stpcpy((char *)sector + 4, "lamina_default="),
		     boot_slot_name(usual));
	le_put(sector, gpt_crc32(0, sector + 4, SECTOR - 4), 4);
	for (off_t copy = 0; fd >= 0 && copy < 2; copy++) {
		if (pwrite(fd, sector, SECTOR, copy * STRIDE) != (ssize_t)SECTOR ||
		    fdatasync(fd) < 0)
			return err_errno(err, -errno, "clearing once");
	}
	return fd < 0 ? err_errno(err, -errno, "%s", firmware->loader.path) : 0;
}

static int read_words(const struct firmware *firmware, struct loader_words *ret_words,
		      struct err *err)
{
	if (firmware->ubi)
		return firmware_ubi_read(firmware->loader.path, ret_words, err);
	ret_words->once = firmware->once;
	return firmware->pi
		       ? firmware_pi_read(firmware->loader.path, &ret_words->usual, err)
		       : loader_read(&firmware->loader, ret_words, err);
}

int firmware_start(struct firmware *firmware, struct err *err)
{
	struct loader_words words;
	enum boot_slot slot;
	int r = read_words(firmware, &words, err);

	if (r == 0 && words.once && !firmware->pi)
		r = clear_once(firmware, words.usual, err);
	firmware->once = BOOT_SLOT_NONE;
	if (r < 0)
		return r;
	slot = words.once ? words.once : words.usual;
	r = start(firmware, slot, err);
	if (r == 0)
		r = start(firmware, BOOT_SLOT_A + BOOT_SLOT_B - slot, err);
	return r == 0  ? err_set(err, -ENOEXEC, "no boot slot has a kernel")
	       : r < 0 ? r
		       : 0;
}

int firmware_tell(struct firmware *firmware, bool once, enum boot_slot slot,
		  struct err *err)
{
	struct loader_words words;
	int r;

	if (firmware->pi && once) {
		firmware->once = slot;
		return 0;
	}
	if (firmware->pi)
		return firmware_pi_write(firmware->loader.path, slot, err);
	r = read_words(firmware, &words, err);
	if (r < 0)
		return r;
	*(once ? &words.once : &words.usual) = slot;
	if (firmware->ubi)
		return firmware_ubi_write(firmware->loader.path, &words, err);
	return loader_write(&firmware->loader, words.usual, words.once, err);
}
