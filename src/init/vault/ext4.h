/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What an ext4 says of itself, and how it grows. */
#include <stdint.h>

#define EXT4_BLOCK 4096 /* of ours */

/* How much of what it lies on, open for reading, it says that it has; 0: it is none. Source: the
 * kernel's fs/ext4/ext4.h, struct ext4_super_block. */
uint64_t ext4_bytes(int fd);

/* Has the one that is mounted at @dir grow to so many bytes, of whole blocks. 0 or -errno. */
int ext4_grow(int dir, uint64_t size_bytes);
