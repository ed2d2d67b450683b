/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The text `deltas` of a bundle or a directory: which deltas are there, a line each,
 *   LAYER BASE DELTA SIZE
 * Each but the size is a SHA-256 in 64 lower-case digits.
 * Nobody signs it: it says what may be tried. lamina-bundle(5) is the source.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"

#define DELTAS_NAME "deltas"
#define DELTAS_MAX_COUNT 64

struct deltas_line {
	struct digest layer, base, delta;
	uint64_t size_bytes; /* of the delta */
};

/* Room for a line, with its NUL, and for all. */
#define DELTAS_LINE_SIZE (3 * DIGEST_HEX_SIZE + 21)
#define DELTAS_MAX_SIZE (DELTAS_MAX_COUNT * DELTAS_LINE_SIZE)

/* Reads the line at *@at, which goes on behind it. 1; 0 at @end; -EBADMSG. */
int deltas_next(const char **at, const char *end, struct deltas_line *ret_line);

/* Writes it, with its end. Returns the size. */
int deltas_write(const struct deltas_line *line, char ret_text[DELTAS_LINE_SIZE]);
