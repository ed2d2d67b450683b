/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What differs between two trees that unpack_layer() read. */
#include <stdbool.h>

#include "base/err.h"
#include "pack/tree/tree.h"

enum compare_what {
	COMPARE_TYPE = 1 << 0,
	COMPARE_MODE = 1 << 1,
	COMPARE_OWNER = 1 << 2,
	COMPARE_SIZE = 1 << 3,
	COMPARE_CONTENT = 1 << 4,
	COMPARE_TARGET = 1 << 5,
	COMPARE_DEVICE = 1 << 6,
	COMPARE_XATTRS = 1 << 7,
	COMPARE_TIME = 1 << 8,
};

struct compare_change {
	const char *path;			/* "/" or "/a/b"; borrowed for the call */
	const struct tree_node *before, *after; /* NULL: not there */
	unsigned int what; /* of enum compare_what, when both are there */
};

typedef int compare_fn(void *context, const struct compare_change *change,
		       struct err *err);

/* Calls @fn for each path that differs, in preorder, names in byte order. @times: another
 * mtime is a difference. Sorts both trees. 0 or -errno; what @fn returns when negative.
 */
int compare_trees(struct tree_node *before, struct tree_node *after, bool times,
		  compare_fn *fn, void *context, struct err *err);

/* The word for one bit; NULL past the last. */
const char *compare_word(unsigned int bit);
