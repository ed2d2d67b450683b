/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The tar headers of a bundle, and no others: regular files with short names and nothing about
 * people or times. There is one header for a name and a size, and the reader takes only the ones
 * of which that is true: what a tar can say besides has no place in a bundle.
 * lamina-bundle(5) is the format's source.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define USTAR_BLOCK 512
#define USTAR_NAME_SIZE 101 /* the longest name, and NUL */

struct ustar_entry {
	char name[USTAR_NAME_SIZE];
	uint64_t size_bytes;
};

/* Writes the header: mode 0644, ids and time 0. Sizes of 8 GiB and more are written as GNU tar
 * does (base 256). 0 or -ENAMETOOLONG. */
int ustar_write(const char *name, uint64_t size_bytes, uint8_t ret_block[USTAR_BLOCK]);

/* Reads one block. 1: *ret_entry is set; 0: a block of zeros, the end; -EBADMSG with a reason. */
int ustar_parse(const uint8_t block[USTAR_BLOCK], struct ustar_entry *ret_entry,
		struct err *err);

/* Bytes that an entry's data takes with its padding; @size_bytes is at most 2^63-1. */
uint64_t ustar_padded(uint64_t size_bytes);
