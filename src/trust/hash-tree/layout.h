/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Where the levels of a hash tree lie in a blob. Level 0 holds the hashes of the data
 * blocks, each level above those of the level below; the topmost level is one block, is
 * stored first, and hashes to the root. One data block needs no tree: its hash is the
 * root. (cryptsetup's on-disk format; Documentation/admin-guide/device-mapper/verity.rst
 * in the kernel.)
 */
#include <stdint.h>

#include "format/verity.h"
#include "trust/sha256.h"

#define HASH_TREE_FANOUT (VERITY_BLOCK / DIGEST_SIZE)
#define HASH_TREE_MAX_LEVELS 8 /* 128^8 blocks are more than 2^63 bytes */

struct hash_tree_level {
	uint64_t offset; /* in the blob, bytes */
	uint64_t blocks;
};

struct hash_tree_layout {
	struct hash_tree_level levels[HASH_TREE_MAX_LEVELS];
	unsigned int count;
	uint64_t data_blocks;
	uint64_t size_bytes; /* of the whole blob */
};

/* @data_bytes is a multiple of VERITY_BLOCK, not 0, and at most 2^62. */
void hash_tree_layout(uint64_t data_bytes, struct hash_tree_layout *ret_layout);

/* The block between data and tree: superblock and zeros. */
void hash_tree_superblock(uint64_t data_blocks, const struct digest *root,
			  uint8_t ret_block[VERITY_BLOCK]);
