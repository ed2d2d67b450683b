/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The partitions that a boot loader reads: a state that says which slot it starts, where that
 * is on the disk, and the two slots, of which the first has something in it.
 */
#include <errno.h>
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
#define BUFFER_SIZE 65536

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

int disk_boot_lay_out(const struct disk_boot *boot, struct disk_table *table,
		      uint64_t *ret_end, struct err *err)
{
	enum disk_type type = boot->loader == DISK_LOADER_EFI ? DISK_EFI : DISK_RESERVED;
	uint64_t slot =
		whole_mib(boot->slot_bytes ? boot->slot_bytes : 2 * boot->blob_bytes);
	char need[16], have[16];

	*ret_end = MIB;
	if (boot->loader == DISK_LOADER_NONE)
		return 0;
	if (boot->slot_bytes && boot->slot_bytes < boot->blob_bytes)
		return err_set(err, -ENOSPC,
			       "a boot slot of %s is too small for a boot blob of %s",
			       str_size(boot->slot_bytes, have),
			       str_size(boot->blob_bytes, need));
	if (!boot->slot_bytes && slot < SLOT_LEAST)
		slot = SLOT_LEAST;
	if (boot->loader == DISK_LOADER_SECTOR)
		add(table, DISK_RESERVED, "boot-state", MIB, ret_end);
	add(table, type, "boot-a", slot, ret_end);
	add(table, type, "boot-b", slot, ret_end);
	return 0;
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

static int write_slot(const struct disk_boot *boot, int fd, uint64_t at)
{
	char buffer[BUFFER_SIZE];
	uint64_t done = 0;
	int r = 0;

	while (r == 0 && done < boot->blob_bytes) {
		uint64_t left = boot->blob_bytes - done;
		size_t size = left < sizeof(buffer) ? (size_t)left : sizeof(buffer);

		r = fd_pread_all(boot->fd, buffer, size, done);
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

	if (boot->loader == DISK_LOADER_NONE)
		return 0;
	if (boot->loader == DISK_LOADER_SECTOR)
		r = write_state(fd, (at++)->start_bytes);
	if (r == 0)
		r = write_slot(boot, fd, at->start_bytes);
	return r < 0 ? err_errno(err, r, "boot slot") : 0;
}
