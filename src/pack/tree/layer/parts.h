/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the files of this folder share; layer.h is for everybody else. */
#include "pack/tree/layer.h"

#define LAYER_WHITEOUT ".wh."
#define LAYER_LITTER ".wh..wh."
#define LAYER_CLEAN_SIZE (TREE_PATH_SIZE + 1)

/*
 * "./a//b/../c/" as "a" and "c", the way the engines clean names before they look at the
 * tree. The root is "" and "". What climbs out of the root is refused; a leading slash
 * means nothing.
 */
int layer_split(const char *path, char ret_clean[LAYER_CLEAN_SIZE], const char **ret_name,
		struct err *err);

/* What a directory is like that nobody describes. */
void layer_default(const struct layer *layer, struct tree_inode *inode);

/* Something below @dir is hidden: takes away what the merged layers before brought there,
 * and the attributes that came from below. */
void layer_hide_below(struct layer *layer, struct tree_node *dir);

/* Makes every directory of the walk the layer's own; @ret_dir is the last. */
int layer_imply(struct layer *layer, struct tree_node **ret_dir, struct err *err);

/* Finds what a hard link means. The walk is used up. */
int layer_find_target(struct layer *layer, const char *path,
		      struct tree_inode **ret_inode, struct err *err);

/* Is it AUFS's own? */
bool layer_is_litter(const char *dir, const char *name);

/* Obeys the mark @name in the directory @dir, if the layer format has it for one. 1: it was one;
 * 0: it is an entry. The walk is used up. */
int layer_add_mark(struct layer *layer, const char *dir, const char *name,
		   struct err *err);
