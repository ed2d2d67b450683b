/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A hash tree that grows with the hashes of the data's blocks: each of its own blocks is
 * written to its place in the blob when it is full. */
#include <stddef.h>
#include <stdint.h>

#include "trust/hash-tree/layout.h"

/* A block of hashes that fills up; when full it is written, and its hash goes one level up. */
struct hash_tree_open {
	uint8_t bytes[VERITY_BLOCK];
	size_t used;
	uint64_t written; /* blocks of this level */
};

/* Large. It starts zeroed, but for @fd, of the blob, which is borrowed, and @layout. */
struct hash_tree_build {
	int fd;
	struct hash_tree_layout layout;
	struct hash_tree_open open[HASH_TREE_MAX_LEVELS];
	struct digest root;
	struct digest all; /* the hashes of all its blocks, one XOR the other */
};

/* Adds one to such a sum. */
static inline void hash_tree_sum(struct digest *sum, const struct digest *hash)
{
	for (size_t i = 0; i < DIGEST_SIZE; i++)
		sum->bytes[i] ^= hash->bytes[i];
}

/* The hash of the next block of data. 0 or -errno. */
int hash_tree_build_add(struct hash_tree_build *build, const struct digest *hash);

/* After the last: writes what is left of the tree, and knows the root. 0 or -errno. */
int hash_tree_build_end(struct hash_tree_build *build);
