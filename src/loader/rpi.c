/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raspberry Pi: autoboot.txt of a FAT names the partition to start, and under [tryboot] the one
 * for a reboot with that word, which the firmware forgets with the next. A FAT loses names in
 * a power cut, so nothing is mounted: the file is looked up in the root directory, and the
 * one sector that it may have is written in place, with the same length. Source: the FAT
 * specification, and Raspberry Pi's documentation of autoboot.txt.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/le.h"
#include "base/str.h"
#include "base/sys.h"
#include "loader/loader.h"

#define SECTOR ((size_t)512)
#define ENTRY 32
#define FILE_NAME "AUTOBOOTTXT" /* as a directory spells autoboot.txt */
#define KEY "boot_partition="
#define FIRMWARE "/proc/device-tree/chosen/bootloader/partition"

static _Alignas(4096) uint8_t sector[SECTOR + 16]; /* zeros behind it */

/* Where its only sector is: bytes from the partition's start. */
static int find_file(int fd, uint64_t *ret_at, size_t *ret_size)
{
	uint8_t boot[SECTOR], entry[ENTRY];
	uint64_t bytes, cluster, root, data, count;
	bool wide;
	int r = fd_pread_all(fd, boot, sizeof(boot), 0);

	if (r < 0)
		return r;
	bytes = le_get(boot + 11, 2);
	cluster = bytes * boot[13];
	count = le_get(boot + 17, 2);
	wide = !le_get(boot + 22, 2); /* FAT32 */
	root = bytes * (le_get(boot + 14, 2) +
			boot[16] * le_get(boot + (wide ? 36 : 22), wide ? 4 : 2));
	data = root + count * ENTRY;
	if (le_get(boot + 510, 2) != 0xaa55 || !cluster || bytes % SECTOR)
		return -EBADMSG;
	if (wide) { /* no further than its first cluster */
		root += (le_get(boot + 44, 4) - 2) * cluster;
		count = cluster / ENTRY;
	}
	for (uint64_t i = 0; i < count; i++) {
		r = fd_pread_all(fd, entry, ENTRY, root + i * ENTRY);
		if (r < 0 || !entry[0])
			return r < 0 ? r : -ENOENT;
		if (memcmp(entry, FILE_NAME, 11) == 0 && !(entry[11] & 0x18))
			break;
		if (i + 1 == count)
			return -ENOENT;
	}
	root = le_get(entry + 26, 2) | (wide ? le_get(entry + 20, 2) << 16 : 0);
	*ret_size = le_get(entry + 28, 4);
	*ret_at = data + (root - 2) * cluster;
	return root < 2 || *ret_size > SECTOR ? -EFBIG : 0;
}

/* The number in section [all], or [tryboot]: its digits, of so many. NULL: there is none. */
static uint8_t *number_of(uint8_t *text, size_t size, bool tryboot, size_t *ret_digits)
{
	bool here = !tryboot;

	for (size_t at = 0, length; at < size; at += length + 1) {
		const char *line = (const char *)text + at;
		const uint8_t *end = memchr(line, '\n', size - at);

		length = end ? (size_t)(end - text) - at : size - at;
		if (*line == '[')
			here = length > 4 &&
			       strncmp(line, tryboot ? "[tryboot]" : "[all]",
				       tryboot ? 9 : 5) == 0;
		if (!here || length <= strlen(KEY) ||
		    strncmp(line, KEY, strlen(KEY)) != 0)
			continue;
		at += strlen(KEY);
		length = 0;
		while (at + length < size && (unsigned int)text[at + length] - '0' < 10)
			length++;
		*ret_digits = length;
		return text + at;
	}
	return NULL;
}

/* @ret_text has the file as it is, 0 to its end. Its place on the device, or -errno. */
static int load(int fd, uint64_t *ret_at, size_t *ret_size, struct err *err)
{
	int r = find_file(fd, ret_at, ret_size);

	if (r == 0)
		r = fd_pread_all(fd, sector, SECTOR, *ret_at);
	return r < 0 ? err_errno(err, r, "autoboot.txt") : 0;
}

/* The number of the partition that slot @i is. */
static int partition_number(const struct loader *loader, size_t i)
{
	struct device device = { .number = 0 };
	struct gpt_entry entry;
	int r = loader_slot(loader, i, &device, &entry, NULL);

	return r < 0 ? r : (int)device.number;
}

/* The slot whose partition section [all] names. */
static enum boot_slot usual_slot(const struct loader *loader, size_t size)
{
	size_t digits;
	const uint8_t *at = number_of(sector, size, false, &digits);
	uint64_t number;

	if (!at || str_number((const char *)at, digits, &number) < 0)
		return BOOT_SLOT_NONE;
	for (size_t i = 0; i < BOOT_SLOTS; i++)
		if (partition_number(loader, i) == (int64_t)number)
			return BOOT_SLOT_A + i;
	return BOOT_SLOT_NONE;
}

static int rpi_read(const struct loader *loader, struct loader_words *ret_words,
		    struct err *err)
{
	__fd int fd = sys_openat(AT_FDCWD, loader->path, O_RDONLY | O_CLOEXEC, 0);
	struct loader_words words = { .once = BOOT_SLOT_NONE };
	uint64_t at;
	size_t size;
	int r = fd < 0 ? err_errno(err, fd, "%s", loader->path)
		       : load(fd, &at, &size, err);

	if (r < 0)
		return r;
	words.usual = usual_slot(loader, size);
	*ret_words = words;
	return 0;
}

static int put_number(const struct loader *loader, size_t size, bool tryboot,
		      enum boot_slot slot, struct err *err)
{
	size_t digits;
	uint8_t *at = number_of(sector, size, tryboot, &digits);
	int number = partition_number(loader, slot - BOOT_SLOT_A);
	char text[12];

	if (number < 0)
		return err_errno(err, number, "%s", loader->slots[slot - BOOT_SLOT_A]);
	(void)snprintf(text, sizeof(text), "%d", number);
	if (!at || strlen(text) != digits)
		return err_set(err, -EBADMSG,
			       "autoboot.txt: no " KEY " of %zu digits below [%s]",
			       strlen(text), tryboot ? "tryboot" : "all");
	memcpy(at, text, digits);
	return 0;
}

static int put_file(const struct loader *loader, enum boot_slot usual, struct err *err)
{
	__fd int fd = sys_openat(AT_FDCWD, loader->path, O_RDWR | O_EXCL | O_CLOEXEC, 0);
	uint8_t before[SECTOR], after[SECTOR];
	uint64_t at;
	size_t size;
	int r = fd < 0 ? err_errno(err, fd, "%s", loader->path)
		       : load(fd, &at, &size, err);

	memcpy(before, sector, SECTOR);
	if (r == 0)
		r = put_number(loader, size, false, usual, err);
	if (r == 0)
		r = put_number(loader, size, true, BOOT_SLOT_A + BOOT_SLOT_B - usual,
			       err);
	if (r < 0 || memcmp(before, sector, SECTOR) == 0)
		return r;
	memcpy(after, sector, SECTOR);
	r = fd_pwrite_all(fd, sector, SECTOR, at);
	if (r == 0)
		r = sys_fdatasync(fd);
	if (r == 0)
		r = fd_pread_medium(fd, sector, SECTOR, at);
	if (r == 0 && memcmp(after, sector, SECTOR) != 0)
		r = -EIO;
	return r < 0 ? err_errno(err, r, "writing autoboot.txt") : 0;
}

/* For once there is only a word of the reboot itself: this is it. */
static int rpi_write(const struct loader *loader, const struct loader_words *words,
		     struct err *err)
{
	int r = words->usual ? put_file(loader, words->usual, err) : 0;

	if (r < 0 || !words->once || words->once == words->usual)
		return r;
	(void)sys_sync();
	r = sys_reboot_to("0 tryboot");
	return r < 0 ? err_errno(err, r, "reboot") : 0;
}

static enum boot_slot rpi_runs(const struct loader *loader)
{
	__fd int fd = sys_openat(AT_FDCWD, FIRMWARE, O_RDONLY | O_CLOEXEC, 0);
	uint8_t number[4];

	if (fd < 0 || fd_pread_all(fd, number, sizeof(number), 0) < 0)
		return BOOT_SLOT_NONE;
	for (size_t i = 0; i < BOOT_SLOTS; i++)
		if (partition_number(loader, i) == number[3])
			return BOOT_SLOT_A + i;
	return BOOT_SLOT_NONE;
}

const struct loader_ops loader_rpi = {
	.name = "rpi",
	.read = rpi_read,
	.write = rpi_write,
	.runs = rpi_runs,
	.reboots = true,
};
