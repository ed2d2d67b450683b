/* SPDX-License-Identifier: Apache-2.0 */
/* A superblock that parses is the one that is written; figures that fit can be added up.
 */
#include <assert.h>
#include <string.h>

#include "format/verity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_layout(const uint8_t *data)
{
	uint64_t size_bytes, data_bytes, blocks;

	memcpy(&size_bytes, data, 8);
	memcpy(&data_bytes, data + 8, 8);
	if (verity_layout_check(size_bytes, data_bytes, NULL) < 0)
		return;
	blocks = data_bytes / VERITY_BLOCK;
	assert(blocks > 0 && data_bytes % VERITY_BLOCK == 0 && size_bytes <= INT64_MAX);
	assert(size_bytes - data_bytes ==
	       (1 + verity_tree_blocks(blocks)) * VERITY_BLOCK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t again[VERITY_SUPERBLOCK_SIZE];
	struct verity_superblock sb;
	struct err err = ERR_INIT;

	if (size >= 16)
		check_layout(data);
	if (size < VERITY_SUPERBLOCK_SIZE)
		return 0;
	if (verity_superblock_parse(data, &sb, &err) < 0) {
		assert(err.text[0]);
		return 0;
	}
	verity_superblock_write(&sb, again);
	assert(memcmp(again, data, sizeof(again)) == 0);
	assert(sb.data_blocks > 0);
	return 0;
}
