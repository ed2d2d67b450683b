/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Walking a path of a layer through what is there already: this layer's entries so far
 * over the merged lower layers. Symbolic links on the way are followed inside the root,
 * as chroot would; nothing leads above it.
 */
#include <stddef.h>

#include "base/err.h"
#include "pack/tree/tree.h"

#define RESOLVE_DEPTH_MAX 2048 /* components; a path of TREE_PATH_SIZE has no more */
#define RESOLVE_LINKS_MAX 40   /* as the kernel */

/* One directory of the walk: this layer's node (maybe a whiteout) and the lower layers',
 * both NULL where nothing is. `lower` is NULL where this layer masks it. */
struct resolve_frame {
	struct tree_node *upper, *lower;
	const char *name; /* points into text */
	uint16_t name_size;
};

struct resolve {
	const struct tree *tree;
	struct tree_node *root;				    /* of this layer */
	struct resolve_frame frames[RESOLVE_DEPTH_MAX + 1]; /* [0] is the root */
	size_t depth; /* frames[depth] is where the walk stands */
	size_t size;  /* of all names and slashes, bounds the path */
	unsigned int links;
	char text[2][TREE_PATH_SIZE * 2]; /* the names, and what is still to be walked */
	size_t text_used;
};

/* Starts at the root. */
void resolve_start(struct resolve *walk, const struct tree *tree, struct tree_node *root);

/*
 * Walks @path, whose components are directories or will be: follows links, "." and "..".
 * What isn't there is walked all the same. 0; -ELOOP; -ENAMETOOLONG.
 */
int resolve_dirs(struct resolve *walk, const char *path, struct err *err);

/* What @name is in the directory where the walk stands, not followed. */
struct resolve_frame resolve_name(const struct resolve *walk, const char *name,
				  size_t size);

/* What stands at a frame: the layer's own node, or the lower one, or NULL. */
struct tree_node *resolve_node(const struct resolve_frame *frame);
