/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A delta as librsync writes it: bytes to take as they are, and parts to copy of a base. What
 * it says is a stranger's word: of a wrong one come wrong bytes, never too many. Static
 * buffers, no heap.
 *
 * Source of the format: librsync's prototab.c. All numbers are big endian.
 *   magic 72 73 02 36, then any number of
 *   01..40           that many bytes follow
 *   41..44  L        L bytes follow; L has 1, 2, 4 or 8 bytes
 *   45..54  A L      L bytes of the base, from A on: A and L have 1, 2, 4 or 8 bytes, L's width
 *                    changing first
 *   00               the end
 */
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct rdiff {
	int base;	      /* borrowed; opened for reading */
	uint64_t base_bytes;  /* of it that may be copied */
	uint64_t delta_bytes; /* not read yet */
	uint64_t data_bytes;  /* not made yet; whole blocks of 4096 */
	/* The delta's next bytes. 0 or -errno. */
	int (*read)(void *context, void *buf, size_t size, struct err *err);
	/* What comes of it, in order, in whole blocks. 0 or -errno. */
	int (*put)(void *context, const uint8_t *bytes, size_t size, struct err *err);
	void *context;
};

/* Uses incoming_buffer, which read() may not. 0; -EBADMSG: no such delta, or one of other
 * lengths; -errno of the base, or of a function. */
int rdiff_apply(struct rdiff *rdiff, struct err *err);
