/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What starts a device from the disk: a boot loader where its processor looks for one, and the
 * partitions that this reads: its files, a state that says which slot it starts, where that is on
 * the disk, and the two slots, of which the first has something in it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/le.h"
#include "base/str.h"
#include "block/find/gpt.h"
#include "pack/device/disk.h"

#define MIB ((uint64_t)1 << 20)
#define SLOT_LEAST (16 * MIB)
#define STATE_SIZE 512
#define STATE_STRIDE 4096 /* from one copy to the next */
#define STATE_TEXT "lamina_default=a"
#define GRUBENV_SIZE 1024
#define TAR_BLOCK 512
#define GRUBENV_HEAD "# GRUB Environment Block\n"
#define BUFFER_SIZE 65536
#define ROOM_USUAL 128 /* partitions in a table */
#define ROOM_LEAST 16

static uint64_t whole_mib(uint64_t bytes)
{
	return (bytes + MIB - 1) / MIB * MIB;
}

static void add(struct disk_table *table, enum disk_type type, const char *label,
		uint64_t size, uint64_t *end)
{
	table->partitions[table->count++] = (struct disk_partition){
		.type = type,
		.start_bytes = *end,
		.size_bytes = size,
		.label = label,
	};
	*end += size;
}

/* Firmware is behind the partition table, which may be a short one, and nothing is in its way. */
static int place_firmware(const struct disk_boot *boot, struct disk_table *table,
			  uint64_t *end, struct err *err)
{
	uint64_t entries = 2 * (uint64_t)table->sector_bytes, first = UINT64_MAX;

	for (size_t i = 0; i < boot->firmware_count; i++) {
		const struct disk_firmware *one = &boot->firmware[i];

		for (size_t j = 0; j < i; j++) {
			const struct disk_firmware *other = &boot->firmware[j];

			if (one->at_bytes < other->at_bytes + other->size_bytes &&
			    other->at_bytes < one->at_bytes + one->size_bytes)
				return err_set(err, -EINVAL,
					       "two files of firmware overlap");
		}
		if (one->at_bytes < first)
			first = one->at_bytes;
		if (one->at_bytes + one->size_bytes > *end)
			*end = one->at_bytes + one->size_bytes;
	}
	if (first < entries + (uint64_t)ROOM_LEAST * GPT_ENTRY_SIZE)
		return err_set(err, -EINVAL,
			       "firmware at byte %" PRIu64
			       " would be in the partition table",
			       first);
	if (first < entries + (uint64_t)ROOM_USUAL * GPT_ENTRY_SIZE)
		table->room = (uint32_t)((first - entries) / GPT_ENTRY_SIZE);
	*end = whole_mib(*end);
	return 0;
}

/* A partition of its own has the loader's words. */
static bool has_state(const struct disk_boot *boot)
{
	return boot->loader == DISK_LOADER_SECTOR || boot->loader == DISK_LOADER_GRUBENV;
}

static int add_slots(const struct disk_boot *boot, struct disk_table *table,
		     uint64_t *end, struct err *err)
{
	enum disk_type type = boot->loader == DISK_LOADER_EFI ? DISK_EFI : DISK_RESERVED;
	uint64_t slot =
		whole_mib(boot->slot_bytes ? boot->slot_bytes : 2 * boot->blob_bytes);
	char need[16], have[16];

	if (boot->slot_bytes && boot->slot_bytes < boot->blob_bytes)
		return err_set(err, -ENOSPC,
			       "a boot slot of %s is too small for a boot blob of %s",
			       str_size(boot->slot_bytes, have),
			       str_size(boot->blob_bytes, need));
	if (!boot->slot_bytes && slot < SLOT_LEAST)
		slot = SLOT_LEAST;
	if (has_state(boot))
		add(table, DISK_RESERVED, "boot-state", MIB, end);
	add(table, type, "boot-a", slot, end);
	add(table, type, "boot-b", slot, end);
	return 0;
}

int disk_boot_lay_out(const struct disk_boot *boot, struct disk_table *table,
		      uint64_t *ret_end, struct err *err)
{
	int r;

	*ret_end = MIB;
	r = place_firmware(boot, table, ret_end, err);
	/* the first one, and of EFI's type: a loader that looks for its files finds them */
	if (r == 0 && boot->files_bytes)
		add(table, DISK_EFI, "boot-files", whole_mib(boot->files_bytes), ret_end);
	if (r == 0 && boot->loader != DISK_LOADER_NONE)
		r = add_slots(boot, table, ret_end, err);
	return r;
}

/* As U-Boot's `env export -c` writes it: a checksum, then texts that end with NUL. */
static int write_state(int fd, uint64_t at)
{
	uint8_t sector[STATE_SIZE] = { 0 };
	int r = 0;

	memcpy(sector + 4, STATE_TEXT, strlen(STATE_TEXT));
	le_put(sector, gpt_crc32(0, sector + 4, STATE_SIZE - 4), 4);
	for (int i = 0; r == 0 && i < 2; i++)
		r = fd_pwrite_all(fd, sector, sizeof(sector),
				  at + (uint64_t)i * STATE_STRIDE);
	return r;
}

static void tar_head(char head[TAR_BLOCK], const char *name, unsigned int size)
{
	unsigned int sum = 0;

	memset(head, 0, TAR_BLOCK);
	(void)snprintf(head, 100, "%s", name);
	(void)snprintf(head + 100, 100, "%07o%c%07o%c%07o%c%011o%c%011o%c%8s0", 0644U, 0,
		       0U, 0, 0U, 0, size, 0, 1U, 0, "");
	memcpy(head + 257,
	       "ustar\0"
	       "00",
	       8);
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += (unsigned char)head[i];
	(void)snprintf(head + 148, 8, "%06o", sum);
}

/* A tar archive, which is a file system to GRUB: that writes nothing but files, and here one knows
 * where it is. The first fills up what is before it; in the second are lines, filled up, as
 * grub-editenv makes them. */
static int write_grubenv(int fd, uint64_t at)
{
	static const char text[] = GRUBENV_HEAD STATE_TEXT "\n";
	static char bytes[STATE_STRIDE + GRUBENV_SIZE];

	memset(bytes, '\n', STATE_STRIDE);
	tar_head(bytes, "before", STATE_STRIDE - 2 * TAR_BLOCK);
	tar_head(bytes + STATE_STRIDE - TAR_BLOCK, "grubenv", GRUBENV_SIZE);
	memset(bytes + STATE_STRIDE, '#', GRUBENV_SIZE);
	memcpy(bytes + STATE_STRIDE, text, strlen(text));
	return fd_pwrite_all(fd, bytes, sizeof(bytes), at);
}

/* @size bytes of @from. */
static int write_file(int from, uint64_t size_bytes, int fd, uint64_t at)
{
	char buffer[BUFFER_SIZE];
	uint64_t done = 0;
	int r = 0;

	while (r == 0 && done < size_bytes) {
		uint64_t left = size_bytes - done;
		size_t size = left < sizeof(buffer) ? (size_t)left : sizeof(buffer);

		r = fd_pread_all(from, buffer, size, done);
		if (r == 0)
			r = fd_pwrite_all(fd, buffer, size, at + done);
		done += size;
	}
	return r;
}

int disk_boot_write(const struct disk_boot *boot, const struct disk_table *table, int fd,
		    struct err *err)
{
	const struct disk_partition *at = table->partitions;
	int r = 0;

	for (size_t i = 0; r == 0 && i < boot->firmware_count; i++)
		r = write_file(boot->firmware[i].fd, boot->firmware[i].size_bytes, fd,
			       boot->firmware[i].at_bytes);
	if (r < 0)
		return err_errno(err, r, "firmware");
	if (boot->files_bytes)
		r = write_file(boot->files, boot->files_bytes, fd, (at++)->start_bytes);
	if (r < 0)
		return err_errno(err, r, "the boot loader's files");
	if (has_state(boot)) {
		r = boot->loader == DISK_LOADER_GRUBENV
			    ? write_grubenv(fd, at->start_bytes)
			    : write_state(fd, at->start_bytes);
		at++;
	}
	if (r == 0 && boot->loader != DISK_LOADER_NONE)
		r = write_file(boot->fd, boot->blob_bytes, fd, at->start_bytes);
	return r < 0 ? err_errno(err, r, "boot slot") : 0;
}
