/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/tree/layer/parts.h"

#include <errno.h>
#include <string.h>

/* A file of the lower layers that this one links to: its own copy, the same for every
 * link. */
static struct tree_inode *copy_of(struct layer *layer, struct tree_inode *inode)
{
	if (inode->copy && inode->copy_layer == layer->first)
		return inode->copy;
	inode->copy = tree_alloc(layer->tree, sizeof(*inode));
	if (!inode->copy)
		return NULL;
	inode->copy_layer = layer->first;
	*inode->copy = *inode;
	inode->copy->copy = NULL;
	inode->copy->origin = inode;
	return inode->copy;
}

int layer_find_target(struct layer *layer, const char *path,
		      struct tree_inode **ret_inode, struct err *err)
{
	char clean[LAYER_CLEAN_SIZE];
	const char *name;
	struct tree_node *node, *root = layer->root;
	struct resolve_frame frame;
	int r = layer_split(path, clean, &name, err);

	if (r < 0)
		return r;
	if (strncmp(clean[0] ? clean : name, LAYER_LITTER, sizeof(LAYER_LITTER) - 1) == 0)
		root = layer->litter;
	resolve_start(&layer->walk, layer->tree, root);
	r = resolve_dirs(&layer->walk, clean, err);
	if (r < 0)
		return r;
	frame = resolve_name(&layer->walk, name, strlen(name));
	node = resolve_node(&frame);
	if (!*name || !node)
		return err_set(err, -ENOENT, "hard link to '%s', which isn't there",
			       path);
	if (tree_is_dir(node))
		return err_set(err, -EPERM, "hard link to the directory '%s'", path);
	*ret_inode = node == frame.upper ? node->inode : copy_of(layer, node->inode);
	return *ret_inode ? 0 : -ENOMEM;
}
