/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What a squashfs says of itself in its superblock: for people, nothing is decided by it.
 * Source: the kernel's Documentation/filesystems/squashfs.rst and fs/squashfs/squashfs_fs.h. */
#include <stdint.h>

#include "base/err.h"

#define SUPERBLOCK_FACTS_SIZE 96

struct superblock_facts {
	uint32_t inodes; /* of them one for the root */
	uint32_t time;	 /* when it was made */
	uint32_t block_bytes;
	uint64_t used_bytes;	 /* before padding */
	const char *compression; /* static text */
};

/* Reads a superblock. 0, or -EBADMSG for what isn't a squashfs 4.0. */
int superblock_facts_read(const uint8_t bytes[SUPERBLOCK_FACTS_SIZE],
			  struct superblock_facts *ret_facts, struct err *err);
