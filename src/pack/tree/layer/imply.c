/* SPDX-License-Identifier: Apache-2.0 */
/* Directories that a layer has because it has something in them. */
#include "pack/tree/layer/parts.h"

#include <errno.h>
#include <stdlib.h>

void layer_default(const struct layer *layer, struct tree_inode *inode)
{
	*inode = (struct tree_inode){
		.mode = S_IFDIR | 0755,
		.mtime = layer->latest == UINT32_MAX ? 0 : layer->latest,
	};
}

void layer_hide_below(struct layer *layer, struct tree_node *dir)
{
	struct tree_node *next;

	for (struct tree_node *node = dir->child; node; node = next) {
		next = node->next;
		if (node->layer != layer->number) {
			tree_remove(layer->tree, node);
			continue;
		}
		if (!tree_is_dir(node))
			continue;
		if (node->flags & TREE_IMPLIED)
			layer_default(layer, node->inode);
		layer_hide_below(layer, node);
	}
}

static int remember_conflict(struct layer *layer, struct tree_node *node)
{
	struct tree_node **all =
		realloc(layer->conflicts,
			(layer->conflict_count + 1) * sizeof(struct tree_node *));

	if (!all)
		return -ENOMEM;
	layer->conflicts = all;
	all[layer->conflict_count++] = node;
	node->flags |= TREE_CONFLICT;
	return 0;
}

/* Makes the directory that a path passes through this layer's own. */
static int imply(struct layer *layer, struct tree_node *parent,
		 struct resolve_frame *frame, struct err *err)
{
	struct tree_node *node = frame->upper;
	bool masked =
		node; /* a whiteout, or a file of a layer that is merged with this one */

	if (tree_is_dir(node)) {
		if (node->layer != layer->number)
			node->flags |= TREE_IMPLIED;
		node->layer = layer->number;
		return 0;
	}
	if (node && node->inode && node->layer == layer->number)
		return err_set(err, -ENOTDIR, "'%s' on its way is not a directory",
			       node->name);
	if (!node)
		node = tree_add(layer->tree, parent, frame->name, frame->name_size);
	if (!node)
		return -ENOMEM;
	bool conflict = node->inode || (frame->lower && !tree_is_dir(frame->lower));

	node->inode = tree_alloc(layer->tree, sizeof(*node->inode));
	if (!node->inode)
		return -ENOMEM;
	if (tree_is_dir(frame->lower))
		*node->inode = *frame->lower->inode;
	else
		layer_default(layer, node->inode);
	node->layer = layer->number;
	node->flags = TREE_IMPLIED | (masked ? TREE_MASKED : 0);
	frame->upper = node;
	return conflict ? remember_conflict(layer, node) : 0;
}

int layer_imply(struct layer *layer, struct tree_node **ret_dir, struct err *err)
{
	struct resolve *walk = &layer->walk;
	struct tree_node *dir = walk->root;

	dir->layer = layer->number;
	for (size_t i = 1; i <= walk->depth; i++) {
		int r = imply(layer, dir, &walk->frames[i], err);

		if (r < 0)
			return r;
		dir = walk->frames[i].upper;
	}
	*ret_dir = dir;
	return 0;
}
