/* SPDX-License-Identifier: Apache-2.0 */
#include "crash/disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 29;
}

/* Of one sector at its place; the disk's hash is the exclusive or of all of them. */
static uint64_t hash_sector(uint64_t sector, const uint8_t *bytes)
{
	uint64_t hash = mix(0, sector), word;

	for (size_t i = 0; i < LOG_SECTOR; i += sizeof(word)) {
		memcpy(&word, bytes + i, sizeof(word));
		hash = mix(hash, word);
	}
	return hash;
}

static void remember(struct disk *disk, uint64_t sector, const uint8_t *bytes)
{
	struct disk_undo *undo;

	if (disk->undo_count == disk->undo_room) {
		disk->undo_room = disk->undo_room ? disk->undo_room * 2 : 1024;
		disk->undo = realloc(disk->undo, disk->undo_room * sizeof(*disk->undo));
		if (!disk->undo)
			abort();
	}
	undo = &disk->undo[disk->undo_count++];
	undo->sector = sector;
	memcpy(undo->bytes, bytes, LOG_SECTOR);
}

static void set(struct disk *disk, uint64_t sector, const uint8_t *bytes)
{
	uint8_t *old = disk->bytes + sector * LOG_SECTOR;

	disk->hash ^= hash_sector(sector, old) ^ hash_sector(sector, bytes);
	memcpy(old, bytes, LOG_SECTOR);
}

void disk_put(struct disk *disk, const struct log_entry *entry, uint64_t from,
	      uint64_t to)
{
	static const uint8_t zeros[LOG_SECTOR];

	for (uint64_t i = from; i < to; i++) {
		const uint8_t *bytes = entry->data ? entry->data + i * LOG_SECTOR : zeros;
		uint64_t sector = entry->sector + i;

		if ((sector + 1) * LOG_SECTOR > disk->size ||
		    memcmp(disk->bytes + sector * LOG_SECTOR, bytes, LOG_SECTOR) == 0)
			continue;
		remember(disk, sector, disk->bytes + sector * LOG_SECTOR);
		set(disk, sector, bytes);
	}
}

void disk_undo(struct disk *disk)
{
	while (disk->undo_count > 0) {
		disk->undo_count--;
		set(disk, disk->undo[disk->undo_count].sector,
		    disk->undo[disk->undo_count].bytes);
	}
}

void disk_keep(struct disk *disk)
{
	disk->undo_count = 0;
}

void disk_put_all(struct disk *disk, const struct log *log, size_t start, size_t end)
{
	for (size_t i = start; i < end; i++)
		disk_put(disk, &log->entries[i], 0, log->entries[i].count);
	disk_keep(disk);
}
