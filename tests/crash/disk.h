/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The disk as a power cut leaves it: sectors put down one by one, and taken back. */
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crash/log.h"

struct disk_undo {
	uint64_t sector;
	uint8_t bytes[LOG_SECTOR];
};

struct disk {
	uint8_t *bytes; /* of the file system; what lies behind it are marks */
	size_t size;
	uint64_t hash; /* of what differs from the start: equal disks, equal hashes */
	struct disk_undo *undo;
	size_t undo_count, undo_room;
};

/* Sectors @from to @to of @entry, counted from its own start. */
void disk_put(struct disk *disk, const struct log_entry *entry, uint64_t from,
	      uint64_t to);

/* All of the entries @start to @end, for good. */
void disk_put_all(struct disk *disk, const struct log *log, size_t start, size_t end);

/* All that was put since disk_keep() is gone again. */
void disk_undo(struct disk *disk);
void disk_keep(struct disk *disk);
