/* SPDX-License-Identifier: Apache-2.0 */
/* Whiteouts, opaque directories, and what AUFS leaves lying about. */
#include "pack/tree/layer/parts.h"

#include <errno.h>
#include <string.h>

#define WHITEOUT_SIZE (sizeof(LAYER_WHITEOUT) - 1)
#define OPAQUE ".wh..wh..opq"

static int add_opaque(struct layer *layer, struct err *err)
{
	struct tree_node *dir;
	int r = layer_imply(layer, &dir, err);

	if (r < 0)
		return r;
	/* an opaque mark says that the layer has this directory, whatever lies below */
	dir->flags = (uint8_t)((dir->flags | TREE_MASKED) & ~TREE_CONFLICT);
	layer_hide_below(layer, dir);
	return 0;
}

static int add_whiteout(struct layer *layer, const char *name, size_t size,
			struct err *err)
{
	struct resolve_frame frame = resolve_name(&layer->walk, name, size);
	struct tree_node *dir, *node = frame.upper;
	int r;

	if (node && node->layer == layer->number) {
		if (tree_is_dir(node)) {
			if (node->flags & TREE_IMPLIED)
				layer_default(layer, node->inode);
			node->flags =
				(uint8_t)((node->flags | TREE_MASKED) & ~TREE_CONFLICT);
			layer_hide_below(layer, node);
		}
		return 0;
	}
	if (!resolve_node(&frame))
		return 0; /* nothing to remove */
	r = layer_imply(layer, &dir, err);
	if (r < 0)
		return r;
	if (node)
		tree_remove(layer->tree, node);
	node = tree_add(layer->tree, dir, name, size);
	if (!node)
		return -ENOMEM;
	node->layer = layer->number;
	node->flags = TREE_WHITEOUT;
	return 0;
}

bool layer_is_litter(const char *dir, const char *name)
{
	return strncmp(dir, LAYER_LITTER, sizeof(LAYER_LITTER) - 1) == 0 ||
	       strstr(dir, "/" LAYER_LITTER) ||
	       (strncmp(name, LAYER_LITTER, sizeof(LAYER_LITTER) - 1) == 0 &&
		strcmp(name, OPAQUE) != 0);
}

int layer_add_mark(struct layer *layer, const char *dir, const char *name,
		   struct err *err)
{
	const char *hidden = name + WHITEOUT_SIZE;
	int r;

	if (strncmp(dir, LAYER_WHITEOUT, WHITEOUT_SIZE) == 0 ||
	    strstr(dir, "/" LAYER_WHITEOUT))
		return err_set(err, -EINVAL, "no directory may be called .wh.*");
	if (strncmp(name, LAYER_WHITEOUT, WHITEOUT_SIZE) != 0)
		return 0;
	if (!*hidden || strcmp(hidden, ".") == 0 || strcmp(hidden, "..") == 0)
		return err_set(err, -EINVAL, "a whiteout that names nothing");
	if (strlen(hidden) > TREE_NAME_MAX)
		return err_set(err, -ENAMETOOLONG, "a name of more than %d bytes",
			       TREE_NAME_MAX);
	resolve_start(&layer->walk, layer->tree, layer->root);
	r = resolve_dirs(&layer->walk, dir, err);
	if (r == 0)
		r = strcmp(name, OPAQUE) == 0
			    ? add_opaque(layer, err)
			    : add_whiteout(layer, hidden, strlen(hidden), err);
	return r < 0 ? r : 1;
}
