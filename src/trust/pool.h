/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The device's stand-in for an allocator: PSA keeps one imported key at a time in it, and
 * nothing else. mbedtls/config.h names these two; full, it says NULL as calloc does.
 */
#include <stddef.h>

#define POOL_BLOCKS 2
#define POOL_BLOCK_SIZE 80 /* a public key is 65 bytes */

/* @count * @size zeroed bytes, or NULL when no block is free or none is large enough. */
void *pool_calloc(size_t count, size_t size);

/* Takes NULL or what pool_calloc() gave; forgets the content. */
void pool_free(void *block);
