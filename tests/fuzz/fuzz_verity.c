/* SPDX-License-Identifier: Apache-2.0 */
/* Figures of a layer that fit each other can be added up. */
#include <assert.h>
#include <string.h>

#include "format/verity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t size_bytes, data_bytes, blocks;

	if (size < 16)
		return 0;
	memcpy(&size_bytes, data, 8);
	memcpy(&data_bytes, data + 8, 8);
	if (verity_layout_check(size_bytes, data_bytes, NULL) < 0)
		return 0;
	blocks = data_bytes / VERITY_BLOCK;
	assert(blocks > 0 && data_bytes % VERITY_BLOCK == 0 && size_bytes <= INT64_MAX);
	assert(size_bytes - data_bytes ==
	       (1 + verity_tree_blocks(blocks)) * VERITY_BLOCK);
	return 0;
}
