/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The parts that a layer has in common with an indexed one, from its begin to its end. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pack/image/delta/index.h"

struct delta_match {
	size_t to, from, size;
};

struct delta_matches {
	const struct delta_index *index; /* borrowed */
	const uint8_t *to;		 /* borrowed */
	size_t to_size;
	struct delta_match last;
};

/* The next one, behind the last: as long as can be, and of INDEX_WINDOW bytes at least. All of
 * the index' step and INDEX_WINDOW bytes are found, unless the same bytes are there twice. */
bool delta_match_next(struct delta_matches *matches, struct delta_match *ret_match);
