/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/tree/layer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pack/tree/layer/parts.h"

#define SHORT_PATH 128 /* longer ones are cut in messages */

struct layer *layer_new(struct tree *tree, uint32_t number, uint32_t latest,
			const struct layer_limits *limits)
{
	struct layer *layer = calloc(1, sizeof(*layer));

	if (!layer)
		return NULL;
	*layer = (struct layer){
		.tree = tree,
		.number = number,
		.first = number + 1,
		.latest = latest,
		.limits = *limits,
		.root = tree_new_root(tree),
		.litter = tree_new_root(tree),
	};
	if (!layer->root || !layer->litter) {
		free(layer);
		return NULL;
	}
	/* without an entry for it, the root is the lower layers' */
	layer->root->flags = TREE_IMPLIED;
	layer->litter->flags = TREE_MASKED;
	*layer->root->inode = *tree->lower->inode;
	return layer;
}

void layer_free(struct layer *layer)
{
	if (layer)
		free(layer->conflicts);
	free(layer);
}

void layer_next_source(struct layer *layer, bool plain, bool follow)
{
	layer->plain = plain;
	layer->follow = follow;
	layer->entries = 0;
	layer->bytes = 0;
	layer->number++;
	for (struct tree_node *n = layer->litter->child; n; n = layer->litter->child)
		tree_remove(layer->tree, n);
}

static uint32_t clamp_mtime(struct layer *layer, int64_t mtime)
{
	layer->notes.times += mtime < 0 || mtime > UINT32_MAX;
	if (mtime < 0)
		return 0;
	return mtime > (int64_t)layer->latest ? layer->latest : (uint32_t)mtime;
}

static void set_inode(struct layer *layer, const struct layer_entry *entry,
		      struct tree_inode *inode)
{
	*inode = (struct tree_inode){
		.mode = entry->mode,
		.uid = entry->uid,
		.gid = entry->gid,
		.mtime = clamp_mtime(layer, entry->mtime),
		.major = entry->major,
		.minor = entry->minor,
		.xattrs = entry->xattrs,
	};
	if (!S_ISREG(entry->mode))
		return;
	inode->size_bytes = entry->size_bytes;
	inode->content = entry->content;
	inode->stamp = entry->stamp;
	inode->target = entry->target; /* of a file in a directory: where it is */
	inode->extents = entry->extents;
	inode->extent_count = entry->extent_count;
}

/* A directory entry keeps what is in the directory already; anything else is replaced. */
static int add_dir(struct layer *layer, struct tree_node *parent, const char *name,
		   size_t size, const struct layer_entry *entry)
{
	struct tree_node *node = tree_child(layer->tree, parent, name, size);
	struct tree_inode *inode = tree_is_dir(node) ? node->inode : NULL;

	if (!inode)
		inode = tree_alloc(layer->tree, sizeof(*inode));
	if (!inode)
		return -ENOMEM;
	if (node && !tree_is_dir(node))
		node->flags = TREE_MASKED; /* what it replaces hid the lower directory */
	if (!node)
		node = tree_add(layer->tree, parent, name, size);
	if (!node)
		return -ENOMEM;
	set_inode(layer, entry, inode);
	node->inode = inode;
	node->layer = layer->number;
	node->flags &= TREE_MASKED;
	return 0;
}

static int put(struct layer *layer, struct tree_node *parent, const char *name,
	       size_t size, struct tree_inode *inode)
{
	struct tree_node *node = tree_child(layer->tree, parent, name, size);

	while (node && node->child)
		tree_remove(layer->tree, node->child);
	if (!node)
		node = tree_add(layer->tree, parent, name, size);
	if (!node)
		return -ENOMEM;
	node->inode = inode;
	node->layer = layer->number;
	node->flags = 0;
	return 0;
}

static int add_other(struct layer *layer, struct tree_node *parent, const char *name,
		     size_t size, const struct layer_entry *entry)
{
	struct tree_inode *inode = tree_alloc(layer->tree, sizeof(*inode));

	if (!inode)
		return -ENOMEM;
	set_inode(layer, entry, inode);
	if (S_ISLNK(entry->mode)) {
		inode->mode = S_IFLNK | 0777; /* Linux knows no other */
		inode->target = tree_text(layer->tree, entry->target);
		if (!inode->target)
			return -ENOMEM;
	}
	return put(layer, parent, name, size, inode);
}

static int add_at(struct layer *layer, const char *name, const struct layer_entry *entry,
		  struct tree_inode *linked, struct err *err)
{
	size_t size = strlen(name);
	struct tree_node *dir, *old;
	int r;

	if (size > TREE_NAME_MAX)
		return err_set(err, -ENAMETOOLONG, "a name of more than %d bytes",
			       TREE_NAME_MAX);
	if (layer->walk.depth + 1 > layer->limits.depth)
		return err_set(err, -E2BIG,
			       "is more than %u directories deep (--limit-depth)",
			       layer->limits.depth);
	r = layer_imply(layer, &dir, err);
	if (r < 0)
		return r;
	old = tree_child(layer->tree, dir, name, size);
	if (linked && old && old->inode == linked) { /* a link to itself */
		old->layer = layer->number;
		return 0;
	}
	if (linked)
		return put(layer, dir, name, size, linked);
	if (S_ISDIR(entry->mode))
		return add_dir(layer, dir, name, size, entry);
	return add_other(layer, dir, name, size, entry);
}

/* The root's own entry. It is a directory, whatever a tar says: engines pass over what isn't. */
static int add_root(struct layer *layer, const struct layer_entry *entry)
{
	if (entry->hardlink || !S_ISDIR(entry->mode)) {
		layer->notes.roots++;
		return 0;
	}
	set_inode(layer, entry, layer->root->inode);
	layer->root->flags &= (uint8_t)~TREE_IMPLIED;
	layer->root->layer = layer->number;
	return 0;
}

static int count_entry(struct layer *layer, const struct layer_entry *entry,
		       struct err *err)
{
	if (++layer->entries > layer->limits.entries)
		return err_set(err, -E2BIG,
			       "the layer has more than %" PRIu64
			       " entries (--limit-entries)",
			       layer->limits.entries);
	if (entry->size_bytes > layer->limits.bytes ||
	    layer->bytes > layer->limits.bytes - entry->size_bytes)
		return err_set(err, -E2BIG,
			       "the layer unpacks to more than %" PRIu64
			       " bytes (--limit-bytes)",
			       layer->limits.bytes);
	layer->bytes += entry->size_bytes;
	return 0;
}

static int check_entry(const struct layer_entry *entry, struct err *err)
{
	if (entry->hardlink)
		return 0;
	if (S_ISCHR(entry->mode) && entry->major == 0 && entry->minor == 0)
		return err_set(err, -EINVAL,
			       "a character device 0:0 would be a whiteout");
	if ((S_ISCHR(entry->mode) || S_ISBLK(entry->mode)) &&
	    (entry->major > 0xfff || entry->minor > 0xfffff))
		return err_set(err, -EINVAL, "a device number that Linux has not");
	if (S_ISLNK(entry->mode) && (!entry->target || !entry->target[0]))
		return err_set(err, -EINVAL, "a symbolic link to nothing");
	if (S_ISLNK(entry->mode) && strlen(entry->target) >= TREE_PATH_SIZE)
		return err_set(err, -ENAMETOOLONG, "the link's target is too long");
	return 0;
}

/*
 * Somebody's own bin/ over a root where bin is a link to usr/bin: meant as one more file there, not
 * as the end of all others. 1: it is so, and the link stays; 0; -errno.
 */
static int follow_dir(struct layer *layer, const char *clean, const char *name)
{
	struct resolve *walk = &layer->walk;
	struct tree_node *node;
	struct resolve_frame frame;
	char path[LAYER_CLEAN_SIZE];

	resolve_start(walk, layer->tree, layer->root);
	if (resolve_dirs(walk, clean, NULL) < 0)
		return 0;
	frame = resolve_name(walk, name, strlen(name));
	node = resolve_node(&frame);
	if (!node || !S_ISLNK(node->inode->mode) || node->layer == layer->number)
		return 0;
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", clean, name) >= sizeof(path))
		return 0;
	resolve_start(walk, layer->tree, layer->root);
	if (resolve_dirs(walk, path, NULL) < 0 ||
	    !tree_is_dir(resolve_node(&walk->frames[walk->depth])))
		return 0;
	if (layer->notes.followed++ == 0)
		(void)snprintf(layer->notes.followed_name,
			       sizeof(layer->notes.followed_name), "%.60s to %.60s",
			       clean[0] ? path : name, node->inode->target);
	return 1;
}

/* What isn't a mark: the file itself. */
static int add_file(struct layer *layer, struct tree_node *root, const char *clean,
		    const char *name, const struct layer_entry *entry, struct err *err)
{
	struct tree_inode *linked = NULL;
	int r = check_entry(entry, err);

	if (r == 0 && entry->hardlink)
		r = layer_find_target(layer, entry->hardlink, &linked, err);
	if (r < 0)
		return r;
	if (layer->follow && !entry->hardlink && S_ISDIR(entry->mode) &&
	    follow_dir(layer, clean, name))
		return 0;
	resolve_start(&layer->walk, layer->tree, root);
	r = resolve_dirs(&layer->walk, clean, err);
	return r < 0 ? r : add_at(layer, name, entry, linked, err);
}

static int add(struct layer *layer, const struct layer_entry *entry, struct err *err)
{
	char clean[LAYER_CLEAN_SIZE];
	struct tree_node *root = layer->root;
	const char *name;
	int r = count_entry(layer, entry, err);

	if (r == 0)
		r = layer_split(entry->path, clean, &name, err);
	if (r < 0)
		return r;
	if (!*name)
		return add_root(layer, entry);
	if (!layer->plain && layer_is_litter(clean, name)) {
		layer->notes.litter++;
		root = layer->litter;
	} else if (!layer->plain) {
		/* the name alone makes a mark, of whatever type the entry is */
		r = layer_add_mark(layer, clean, name, err);
	}
	if (r != 0)
		return r < 0 ? r : 0;
	return add_file(layer, root, clean, name, entry, err);
}

int layer_add(struct layer *layer, const struct layer_entry *entry, struct err *err)
{
	int r;

	if (S_ISSOCK(entry->mode) && !entry->hardlink) {
		layer->notes.sockets++;
		return 0;
	}
	r = add(layer, entry, err);
	if (r < 0 && strlen(entry->path) > SHORT_PATH)
		return err_wrap(err, r, "%.60s...%s", entry->path,
				entry->path + strlen(entry->path) - 60);
	return r < 0 ? err_wrap(err, r, "%s", entry->path) : 0;
}

int layer_check(struct layer *layer, struct err *err)
{
	char path[TREE_PATH_SIZE];

	for (size_t i = 0; i < layer->conflict_count; i++) {
		struct tree_node *node = layer->conflicts[i];

		if (!node->parent || !(node->flags & TREE_CONFLICT))
			continue;
		if (tree_path(node, path) < 0)
			path[0] = '\0';
		return err_set(err, -ENOTDIR,
			       "%s: has files below it, but is no directory in the "
			       "layers below",
			       path);
	}
	layer->conflict_count = 0;
	return 0;
}
