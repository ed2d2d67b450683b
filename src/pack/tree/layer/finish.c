/* SPDX-License-Identifier: Apache-2.0 */
/* A layer's last steps: what it hides of the layers below, and becoming one of them. */
#include "pack/tree/layer.h"

#include <errno.h>

/* The directory below that shows through @node, a directory of this layer; NULL: none. */
static struct tree_node *lower_of(const struct tree *tree, const struct tree_node *node,
				  struct tree_node *lower_dir)
{
	struct tree_node *lower;

	if (!lower_dir)
		return NULL;
	lower = tree_child(tree, lower_dir, node->name, node->name_size);
	return tree_is_dir(lower) ? lower : NULL;
}

/* Whiteouts where there is something to remove, opaque where there is something to mask.
 */
static void mark(struct layer *layer, struct tree_node *dir, struct tree_node *lower)
{
	struct tree_node *next;

	for (struct tree_node *node = dir->child; node; node = next) {
		next = node->next;
		if (node->flags & TREE_WHITEOUT) {
			if (!lower ||
			    !tree_child(layer->tree, lower, node->name, node->name_size))
				tree_remove(layer->tree, node);
			continue;
		}
		if (!tree_is_dir(node))
			continue;
		struct tree_node *below = lower_of(layer->tree, node, lower);

		node->flags &= (uint8_t)~TREE_OPAQUE;
		if (below && node->flags & TREE_MASKED) {
			node->flags |= TREE_OPAQUE;
			below = NULL;
		}
		mark(layer, node, below);
	}
}

/* overlayfs never looks for an opaque mark on a layer's root: hide what is there one by
 * one. */
static int mask_root(struct layer *layer)
{
	struct tree *tree = layer->tree;

	if (!(layer->root->flags & TREE_MASKED))
		return 0;
	for (struct tree_node *low = tree->lower->child; low; low = low->next) {
		struct tree_node *node =
			tree_child(tree, layer->root, low->name, low->name_size);

		if (tree_is_dir(node))
			node->flags |= TREE_MASKED;
		if (node)
			continue;
		node = tree_add(tree, layer->root, low->name, low->name_size);
		if (!node)
			return -ENOMEM;
		node->flags = TREE_WHITEOUT;
		node->layer = layer->number;
	}
	layer->root->flags &= (uint8_t)~TREE_MASKED;
	return 0;
}

static void drop_excluded(struct layer *layer, layer_exclude_fn *exclude, void *context)
{
	char path[TREE_PATH_SIZE];
	struct tree_node *node = tree_next(layer->root, layer->root), *next;

	for (; node; node = next) {
		bool drop = tree_path(node, path) == 0 && exclude(path, context);

		next = drop ? tree_next_over(layer->root, node)
			    : tree_next(layer->root, node);
		if (drop)
			tree_remove(layer->tree, node);
	}
}

int layer_finish(struct layer *layer, layer_exclude_fn *exclude, void *context,
		 struct err *err)
{
	struct tree_node *node;

	if (exclude)
		drop_excluded(layer, exclude, context);
	if (mask_root(layer) < 0)
		return err_errno(err, -ENOMEM, "layer");
	mark(layer, layer->root, layer->tree->lower);
	if (tree_sort(layer->root) < 0)
		return err_errno(err, -ENOMEM, "layer");
	for (node = layer->root; node; node = tree_next(layer->root, node))
		if (node->inode) {
			node->inode->names = 0;
			node->inode->first = NULL;
		}
	for (node = layer->root; node; node = tree_next(layer->root, node))
		if (node->inode && node->inode->names++ == 0)
			node->inode->first = node;
	return 0;
}

static void commit(struct tree *tree, struct tree_node *dir, struct tree_node *lower)
{
	struct tree_node *next;

	for (struct tree_node *node = dir->child; node; node = next) {
		struct tree_node *old =
			tree_child(tree, lower, node->name, node->name_size);

		next = node->next;
		if (tree_is_dir(node) && tree_is_dir(old) &&
		    !(node->flags & TREE_MASKED)) {
			old->inode = node->inode;
			commit(tree, node, old);
			continue;
		}
		if (old)
			tree_remove(tree, old);
		if (node->flags & TREE_WHITEOUT)
			tree_remove(tree, node);
		else
			tree_move(tree, node, lower);
	}
}

void layer_commit(struct layer *layer)
{
	layer->tree->lower->inode = layer->root->inode;
	commit(layer->tree, layer->root, layer->tree->lower);
}
