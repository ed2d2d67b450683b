/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/layer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WHITEOUT ".wh."
#define WHITEOUT_SIZE 4
#define OPAQUE ".wh..wh..opq"
#define LITTER ".wh..wh."
#define SHORT_PATH 128 /* longer ones are cut in messages */
#define CLEAN_SIZE (TREE_PATH_SIZE + 1)

struct layer *layer_new(struct tree *tree, uint32_t number, uint32_t latest,
			const struct layer_limits *limits)
{
	struct layer *layer = calloc(1, sizeof(*layer));

	if (!layer)
		return NULL;
	*layer = (struct layer){
		.tree = tree, .number = number, .first = number + 1, .latest = latest,
		.limits = *limits,
		.root = tree_new_root(tree), .litter = tree_new_root(tree),
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

void layer_next_source(struct layer *layer, bool plain)
{
	layer->plain = plain;
	layer->entries = 0;
	layer->bytes = 0;
	layer->number++;
	for (struct tree_node *n = layer->litter->child; n; n = layer->litter->child)
		tree_remove(layer->tree, n);
}

static uint32_t clamp_mtime(const struct layer *layer, int64_t mtime)
{
	if (mtime < 0)
		return 0;
	return mtime > (int64_t)layer->latest ? layer->latest : (uint32_t)mtime;
}

/* What a directory is like that nobody describes. */
static void set_default(const struct layer *layer, struct tree_inode *inode)
{
	*inode = (struct tree_inode){
		.mode = S_IFDIR | 0755,
		.mtime = layer->latest == UINT32_MAX ? 0 : layer->latest,
	};
}

/*
 * Something below was whited out under a directory that this layer has itself: what the merged
 * layers before brought goes, and attributes that came from below go with it.
 */
static void hide_below(struct layer *layer, struct tree_node *dir)
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
			set_default(layer, node->inode);
		hide_below(layer, node);
	}
}

static int remember_conflict(struct layer *layer, struct tree_node *node)
{
	struct tree_node **all = realloc(layer->conflicts,
					 (layer->conflict_count + 1) * sizeof(struct tree_node *));

	if (!all)
		return -ENOMEM;
	layer->conflicts = all;
	all[layer->conflict_count++] = node;
	node->flags |= TREE_CONFLICT;
	return 0;
}

/* Makes the directory that a path passes through this layer's own. */
static int imply(struct layer *layer, struct tree_node *parent, struct resolve_frame *frame,
		 struct err *err)
{
	struct tree_node *node = frame->upper;
	bool masked = node; /* a whiteout, or a file of a layer that is merged with this one */

	if (tree_is_dir(node)) {
		if (node->layer != layer->number)
			node->flags |= TREE_IMPLIED;
		node->layer = layer->number;
		return 0;
	}
	if (node && node->inode && node->layer == layer->number)
		return err_set(err, -ENOTDIR, "'%s' on its way is not a directory", node->name);
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
		set_default(layer, node->inode);
	node->layer = layer->number;
	node->flags = TREE_IMPLIED | (masked ? TREE_MASKED : 0);
	frame->upper = node;
	return conflict ? remember_conflict(layer, node) : 0;
}

/* Makes every directory of the walk the layer's own. */
static int imply_all(struct layer *layer, struct tree_node **ret_dir, struct err *err)
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

static int add_opaque(struct layer *layer, struct err *err)
{
	struct tree_node *dir;
	int r = imply_all(layer, &dir, err);

	if (r < 0)
		return r;
	/* an opaque mark says that the layer has this directory, whatever lies below */
	dir->flags = (uint8_t)((dir->flags | TREE_MASKED) & ~TREE_CONFLICT);
	hide_below(layer, dir);
	return 0;
}

static int add_whiteout(struct layer *layer, const char *name, size_t size, struct err *err)
{
	struct resolve_frame frame = resolve_name(&layer->walk, name, size);
	struct tree_node *dir, *node = frame.upper;
	int r;

	if (node && node->layer == layer->number) {
		if (tree_is_dir(node)) {
			if (node->flags & TREE_IMPLIED)
				set_default(layer, node->inode);
			node->flags = (uint8_t)((node->flags | TREE_MASKED) & ~TREE_CONFLICT);
			hide_below(layer, node);
		}
		return 0;
	}
	if (!resolve_node(&frame))
		return 0; /* nothing to remove */
	r = imply_all(layer, &dir, err);
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

static void set_inode(const struct layer *layer, const struct layer_entry *entry,
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

static int put(struct layer *layer, struct tree_node *parent, const char *name, size_t size,
	       struct tree_inode *inode)
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

/* A file of the lower layers that this one links to: its own copy, the same for every link. */
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
	return inode->copy;
}

/*
 * "./a//b/../c/" as "a" and "c", the way the engines clean names before they look at the tree.
 * The root is "" and "". What climbs out of the root is refused; a leading slash means nothing.
 */
static int split(const char *path, char ret_clean[CLEAN_SIZE], const char **ret_name,
		 struct err *err)
{
	size_t used = 0;
	char *slash;

	if (strlen(path) >= TREE_PATH_SIZE)
		return err_set(err, -ENAMETOOLONG, "the path is too long");
	for (size_t size; *path; path += size + (path[size] == '/')) {
		size = strcspn(path, "/");
		if (size == 0 || (size == 1 && path[0] == '.'))
			continue;
		if (size == 2 && memcmp(path, "..", 2) == 0) {
			if (used == 0)
				return err_set(err, -EINVAL, "leads out of the root");
			while (used > 0 && ret_clean[--used] != '/')
				;
			continue;
		}
		if (used)
			ret_clean[used++] = '/';
		memcpy(ret_clean + used, path, size);
		used += size;
	}
	ret_clean[used] = '\0';
	slash = strrchr(ret_clean, '/');
	*ret_name = slash ? slash + 1 : ret_clean;
	if (slash) {
		*slash = '\0';
		return 0;
	}
	/* one component: the directory is the root, and the name needs a place of its own */
	memmove(ret_clean + 1, ret_clean, used + 1);
	ret_clean[0] = '\0';
	*ret_name = ret_clean + 1;
	return 0;
}

/* Finds what a hard link means. The walk is used up. */
static int find_target(struct layer *layer, const char *path, struct tree_inode **ret_inode,
		       struct err *err)
{
	char clean[CLEAN_SIZE];
	const char *name;
	struct tree_node *node, *root = layer->root;
	struct resolve_frame frame;
	int r = split(path, clean, &name, err);

	if (r < 0)
		return r;
	if (strncmp(clean[0] ? clean : name, LITTER, sizeof(LITTER) - 1) == 0)
		root = layer->litter;
	resolve_start(&layer->walk, layer->tree, root);
	r = resolve_dirs(&layer->walk, clean, err);
	if (r < 0)
		return r;
	frame = resolve_name(&layer->walk, name, strlen(name));
	node = resolve_node(&frame);
	if (!*name || !node)
		return err_set(err, -ENOENT, "hard link to '%s', which isn't there", path);
	if (tree_is_dir(node))
		return err_set(err, -EPERM, "hard link to the directory '%s'", path);
	*ret_inode = node == frame.upper ? node->inode : copy_of(layer, node->inode);
	return *ret_inode ? 0 : -ENOMEM;
}

static int add_at(struct layer *layer, const char *name, const struct layer_entry *entry,
		  struct tree_inode *linked, struct err *err)
{
	size_t size = strlen(name);
	struct tree_node *dir, *old;
	int r;

	if (size > TREE_NAME_MAX)
		return err_set(err, -ENAMETOOLONG, "a name of more than %d bytes", TREE_NAME_MAX);
	if (layer->walk.depth + 1 > layer->limits.depth)
		return err_set(err, -E2BIG, "is more than %u directories deep (--limit-depth)",
			       layer->limits.depth);
	r = imply_all(layer, &dir, err);
	if (r < 0)
		return r;
	old = tree_child(layer->tree, dir, name, size);
	if (linked && old && old->inode == linked)
		return 0; /* a link to itself */
	if (linked)
		return put(layer, dir, name, size, linked);
	if (S_ISDIR(entry->mode))
		return add_dir(layer, dir, name, size, entry);
	return add_other(layer, dir, name, size, entry);
}

/* The root's own entry. */
static int add_root(struct layer *layer, const struct layer_entry *entry, struct err *err)
{
	if (entry->hardlink || !S_ISDIR(entry->mode))
		return err_set(err, -EINVAL, "the root must be a directory");
	set_inode(layer, entry, layer->root->inode);
	layer->root->flags &= (uint8_t)~TREE_IMPLIED;
	layer->root->layer = layer->number;
	return 0;
}

static int check_entry(struct layer *layer, const struct layer_entry *entry, struct err *err)
{
	if (++layer->entries > layer->limits.entries)
		return err_set(err, -E2BIG, "the layer has more than %" PRIu64
			       " entries (--limit-entries)", layer->limits.entries);
	if (entry->size_bytes > layer->limits.bytes ||
	    layer->bytes > layer->limits.bytes - entry->size_bytes)
		return err_set(err, -E2BIG, "the layer unpacks to more than %" PRIu64
			       " bytes (--limit-bytes)", layer->limits.bytes);
	layer->bytes += entry->size_bytes;
	if (entry->hardlink)
		return 0;
	if (S_ISCHR(entry->mode) && entry->major == 0 && entry->minor == 0)
		return err_set(err, -EINVAL, "a character device 0:0 would be a whiteout");
	if (S_ISLNK(entry->mode) && (!entry->target || !entry->target[0]))
		return err_set(err, -EINVAL, "a symbolic link to nothing");
	if (S_ISLNK(entry->mode) && strlen(entry->target) >= TREE_PATH_SIZE)
		return err_set(err, -ENAMETOOLONG, "the link's target is too long");
	return 0;
}

static bool is_litter(const char *dir, const char *name)
{
	return strncmp(dir, LITTER, sizeof(LITTER) - 1) == 0 || strstr(dir, "/" LITTER) ||
	       (strncmp(name, LITTER, sizeof(LITTER) - 1) == 0 && strcmp(name, OPAQUE) != 0);
}

/* Marks of the layer format instead of files. 1: was one; 0: is an entry. */
static int add_mark(struct layer *layer, const char *dir, const char *name, struct err *err)
{
	const char *hidden = name + WHITEOUT_SIZE;

	if (strncmp(dir, WHITEOUT, WHITEOUT_SIZE) == 0 || strstr(dir, "/" WHITEOUT))
		return err_set(err, -EINVAL, "no directory may be called .wh.*");
	if (strncmp(name, WHITEOUT, WHITEOUT_SIZE) != 0)
		return 0;
	if (!*hidden || strcmp(hidden, ".") == 0 || strcmp(hidden, "..") == 0)
		return err_set(err, -EINVAL, "a whiteout that names nothing");
	if (strlen(hidden) > TREE_NAME_MAX)
		return err_set(err, -ENAMETOOLONG, "a name of more than %d bytes", TREE_NAME_MAX);
	int r = strcmp(name, OPAQUE) == 0 ? add_opaque(layer, err) :
					    add_whiteout(layer, hidden, strlen(hidden), err);
	return r < 0 ? r : 1;
}

static int add(struct layer *layer, const struct layer_entry *entry, struct err *err)
{
	char clean[CLEAN_SIZE];
	struct tree_node *root = layer->root;
	struct tree_inode *linked = NULL;
	const char *name;
	int r = check_entry(layer, entry, err);

	if (r == 0)
		r = split(entry->path, clean, &name, err);
	if (r == 0 && entry->hardlink)
		r = find_target(layer, entry->hardlink, &linked, err);
	if (r < 0)
		return r;
	if (!*name)
		return add_root(layer, entry, err);
	if (!layer->plain && is_litter(clean, name)) {
		layer->notes.litter++;
		root = layer->litter;
	}
	resolve_start(&layer->walk, layer->tree, root);
	r = resolve_dirs(&layer->walk, clean, err);
	if (r == 0 && !layer->plain && root == layer->root)
		r = add_mark(layer, clean, name, err);
	if (r != 0)
		return r < 0 ? r : 0;
	return add_at(layer, name, entry, linked, err);
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
		return err_set(err, -ENOTDIR, "%s: has files below it, but is no directory in the "
			       "layers below", path);
	}
	layer->conflict_count = 0;
	return 0;
}
