/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The dm-verity superblock (cryptsetup's on-disk format, version 1) as Lamina writes it:
 * sha256, 4096-byte blocks, no salt. The device never trusts it: the parameters come from
 * the signed manifest. It is there for veritysetup and for people.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"

#define VERITY_BLOCK 4096
#define VERITY_SUPERBLOCK_SIZE 512

struct verity_superblock {
	uint8_t uuid[16];
	uint64_t data_blocks;
};

void verity_superblock_write(const struct verity_superblock *sb,
			     uint8_t ret_bytes[VERITY_SUPERBLOCK_SIZE]);

/* Blocks of hash tree over @data_blocks data blocks, without the superblock. */
uint64_t verity_tree_blocks(uint64_t data_blocks);

/* Checks that a layer's figures fit each other: @data_bytes a multiple of 4096, not 0, at
 * most 2^62; @size_bytes that plus a block for the superblock plus the tree. 0 or -EBADMSG. */
int verity_layout_check(uint64_t size_bytes, uint64_t data_bytes, struct err *err);

/* The fixed UUID of a layer: a version 8 UUID of the root hash's first bytes. */
void verity_uuid(const struct digest *root, uint8_t ret_uuid[16]);
