/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/pool.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static struct {
	_Alignas(16) unsigned char bytes[POOL_BLOCK_SIZE];
	bool taken;
} blocks[POOL_BLOCKS];

void *pool_calloc(size_t count, size_t size)
{
	if (size == 0 || count > POOL_BLOCK_SIZE / size)
		return NULL;
	for (size_t i = 0; i < POOL_BLOCKS; i++) {
		if (!blocks[i].taken) {
			blocks[i].taken = true;
			return blocks[i].bytes;
		}
	}
	return NULL;
}

void pool_free(void *block)
{
	for (size_t i = 0; i < POOL_BLOCKS; i++) {
		if (block == blocks[i].bytes) {
			memset(blocks[i].bytes, 0, POOL_BLOCK_SIZE);
			blocks[i].taken = false;
		}
	}
}
