/* SPDX-License-Identifier: Apache-2.0 */
/* A partition table: UEFI specification, chapter 5. Written here because
 * sfdisk takes a file's sectors for 512 bytes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/le.h"
#include "block/find/gpt.h"
#include "pack/device/disk.h"

#define ENTRIES 128
#define ENTRIES_SIZE (ENTRIES * GPT_ENTRY_SIZE)
#define HEADER_SIZE 92

/* In blocks of the disk's sectors. */
struct table {
	const struct disk_table *disk;
	uint64_t last; /* the disk's last block, where the second header is */
	uint64_t entries_blocks;
	size_t entries_size;
	uint8_t entries[ENTRIES_SIZE];
};

static const uint8_t types[][16] = {
	[DISK_LINUX] = { 0x0f, 0xc6, 0x3d, 0xaf, 0x84, 0x83, 0x47, 0x72, 0x8e, 0x79, 0x3d,
			 0x69, 0xd8, 0x47, 0x7d, 0xe4 },
	[DISK_RESERVED] = { 0x8d, 0xa6, 0x33, 0x39, 0x00, 0x07, 0x60, 0xc0, 0xc4, 0x36,
			    0x08, 0x3a, 0xc8, 0x23, 0x09, 0x08 },
	[DISK_EFI] = { 0xc1, 0x2a, 0x73, 0x28, 0xf8, 0x1f, 0x11, 0xd2, 0xba, 0x4b, 0x00,
		       0xa0, 0xc9, 0x3e, 0xc9, 0x3b },
};

static void fill_entry(struct table *table, size_t number)
{
	const struct disk_partition *partition = &table->disk->partitions[number];
	uint8_t *entry = table->entries + number * GPT_ENTRY_SIZE;
	uint64_t first = partition->start_bytes / table->disk->sector_bytes;
	uint64_t count = partition->size_bytes / table->disk->sector_bytes;

	gpt_uuid(types[partition->type], entry);
	gpt_uuid(partition->uuid, entry + 16);
	le_put(entry + 32, first, 8);
	le_put(entry + 40, first + count - 1, 8);
	for (size_t i = 0; partition->label[i]; i++)
		le_put(entry + 56 + 2 * i, (uint8_t)partition->label[i], 2);
}

static int write_header(const struct table *table, int fd, uint64_t at, uint64_t other,
			uint64_t entries)
{
	uint32_t sector = table->disk->sector_bytes;
	uint8_t header[HEADER_SIZE] = "EFI PART";

	le_put(header + 8, 0x00010000, 4); /* revision 1.0 */
	le_put(header + 12, HEADER_SIZE, 4);
	le_put(header + 24, at, 8);
	le_put(header + 32, other, 8);
	le_put(header + 40, table->disk->partitions[0].start_bytes / sector, 8);
	le_put(header + 48, table->last - table->entries_blocks - 1, 8);
	gpt_uuid(table->disk->uuid, header + 56);
	le_put(header + 72, entries, 8);
	le_put(header + 80, table->entries_size / GPT_ENTRY_SIZE, 4);
	le_put(header + 84, GPT_ENTRY_SIZE, 4);
	le_put(header + 88, gpt_crc32(0, table->entries, table->entries_size), 4);
	le_put(header + 16, gpt_crc32(0, header, HEADER_SIZE), 4);
	return fd_pwrite_all(fd, header, HEADER_SIZE, at * sector);
}

/* One partition over the whole disk, of the type that keeps other programs' hands off. */
static int write_protective(const struct table *table, int fd)
{
	static const uint8_t place[8] = { 0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff };
	uint8_t sector[MBR_SIZE] = { 0 };

	memcpy(sector + 446, place, sizeof(place));
	le_put(sector + 454, 1, 4);
	le_put(sector + 458, table->last < UINT32_MAX ? table->last : UINT32_MAX, 4);
	le_put(sector + 510, 0xaa55, 2);
	return fd_pwrite_all(fd, sector, sizeof(sector), 0);
}

int disk_table_write(int fd, const struct disk_table *disk, struct err *err)
{
	uint32_t sector = disk->sector_bytes;
	size_t size = disk->room ? disk->room * GPT_ENTRY_SIZE : ENTRIES_SIZE;
	struct table table = {
		.disk = disk,
		.last = disk->disk_bytes / sector - 1,
		.entries_blocks = (size + sector - 1) / sector,
		.entries_size = size,
	};
	uint64_t entries = table.last - table.entries_blocks;
	int r;

	for (size_t i = 0; i < disk->count; i++)
		fill_entry(&table, i);
	r = write_protective(&table, fd);
	if (r == 0)
		r = write_header(&table, fd, 1, table.last, 2);
	if (r == 0)
		r = fd_pwrite_all(fd, table.entries, size, (uint64_t)2 * sector);
	if (r == 0)
		r = fd_pwrite_all(fd, table.entries, size, entries * sector);
	if (r == 0)
		r = write_header(&table, fd, table.last, 1, entries);
	return r < 0 ? err_errno(err, r, "partition table") : 0;
}
