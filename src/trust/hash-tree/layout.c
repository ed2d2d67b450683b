/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/hash-tree/layout.h"

#include <string.h>

void hash_tree_layout(uint64_t data_bytes, struct hash_tree_layout *ret_layout)
{
	struct hash_tree_layout layout = { .data_blocks = data_bytes / VERITY_BLOCK };
	uint64_t blocks = layout.data_blocks, offset = data_bytes + VERITY_BLOCK;

	while (blocks > 1) {
		blocks = (blocks + HASH_TREE_FANOUT - 1) / HASH_TREE_FANOUT;
		layout.levels[layout.count++].blocks = blocks;
	}
	for (unsigned int i = layout.count; i-- > 0;) {
		layout.levels[i].offset = offset;
		offset += layout.levels[i].blocks * VERITY_BLOCK;
	}
	layout.size_bytes = offset;
	*ret_layout = layout;
}

void hash_tree_superblock(uint64_t data_blocks, const struct digest *root,
			  uint8_t ret_block[VERITY_BLOCK])
{
	struct verity_superblock sb = { .data_blocks = data_blocks };

	verity_uuid(root, sb.uuid);
	memset(ret_block, 0, VERITY_BLOCK);
	verity_superblock_write(&sb, ret_block);
}
