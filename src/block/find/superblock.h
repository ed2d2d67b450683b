/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Labels and UUIDs in the superblocks of the file systems a store may be: ext2 to ext4,
 * f2fs, xfs and FAT. Pure: the device's first bytes in, a yes or no out. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SUPERBLOCK_SIZE 4096 /* of a device's start; all of the above are in it */
#define SUPERBLOCK_LABEL_SIZE 128

struct superblock {
	const char *type;
	char uuid[40];			   /* as blkid prints it; "" for none */
	char label[SUPERBLOCK_LABEL_SIZE]; /* "" for none, and for one that is longer */
};

#define SUPERBLOCK_TYPES 4

/* All that is there, as one may have been made over another: at most SUPERBLOCK_TYPES.
 * Returns their count. */
size_t superblock_parse(const uint8_t *bytes, size_t size,
			struct superblock ret_found[SUPERBLOCK_TYPES]);
