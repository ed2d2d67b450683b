/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A finished layer as a normalised tar: sorted, parents first, each name once, the first
 * name of a hard-linked file with its bytes and the others as links to it. The root has
 * no entry: its attributes stand in the cache key beside it.
 */
#include <stddef.h>

#include "base/err.h"
#include "pack/tree/tree.h"

struct emit_sink {
	/* Takes headers, padding and the end. 0 or -errno. */
	int (*bytes)(void *context, const void *bytes, size_t size, struct err *err);
	/* Takes the content of a regular file that isn't empty. 0 or -errno. */
	int (*content)(void *context, const struct tree_inode *inode, struct err *err);
	void *context;
};

/* 0, or -errno with the path where it happened. */
int emit_layer(const struct tree_node *root, const struct emit_sink *sink,
	       struct err *err);
