/* SPDX-License-Identifier: Apache-2.0 */
/* Files, and how names lead to them across mounts. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake/kernel.h"

struct node *node_new(struct node *parent, const char *name, mode_t mode)
{
	struct node *node = fake_alloc(sizeof(*node)), **at;

	(void)snprintf(node->name, sizeof(node->name), "%s", name);
	node->mode = mode;
	node->order = ++kernel->node_count;
	node->parent = parent ? parent : node;
	node->fs = parent ? parent->fs : NULL;
	if (!parent)
		return node;
	for (at = &parent->child; *at; at = &(*at)->next)
		;
	*at = node;
	return node;
}

struct node *node_child(struct node *dir, const char *name)
{
	for (struct node *child = dir->child; child; child = child->next) {
		if (strcmp(child->name, name) == 0)
			return child;
	}
	return NULL;
}

void node_unlink(struct node *node)
{
	struct node **at = &node->parent->child;

	while (*at && *at != node)
		at = &(*at)->next;
	if (*at)
		*at = node->next;
	node->gone = true;
}

void node_set_data(struct node *node, const void *bytes, size_t size)
{
	node->data = fake_alloc(size + 1);
	memcpy(node->data, bytes, size);
	node->size = size;
}

struct node *node_copy(const struct node *from, struct node *parent, struct fs *fs)
{
	struct node *copy = node_new(parent, from->name, from->mode);

	copy->uid = from->uid;
	copy->gid = from->gid;
	copy->fs = fs;
	copy->device = from->device;
	copy->number = from->number;
	copy->corrupt = from->corrupt;
	copy->corrupt_from = from->corrupt_from;
	if (from->data)
		node_set_data(copy, from->data, from->size);
	for (const struct node *child = from->child; child; child = child->next)
		(void)node_copy(child, copy, fs);
	return copy;
}

/* What @from has and @into does not: @into is the layer above. */
void node_merge(struct node *into, const struct node *from, struct fs *fs)
{
	for (const struct node *child = from->child; child; child = child->next) {
		struct node *above = node_child(into, child->name);

		if (!above)
			(void)node_copy(child, into, fs);
		else if (S_ISDIR(above->mode) && S_ISDIR(child->mode))
			node_merge(above, child, fs);
	}
}

/* --- names
 * ---------------------------------------------------------------------------------- */

struct walker {
	struct place start, root;
	uint64_t resolve;
	int flags, links;
	struct walk now;
};

static struct place cross(struct walker *walker, struct place at, int *ret_r)
{
	struct mount *over;

	while ((over = mounted_at(at))) {
		if (walker->resolve & RESOLVE_NO_XDEV)
			*ret_r = -EXDEV;
		at = (struct place){ over, over->root };
	}
	return at;
}

static bool same(struct place a, struct place b)
{
	return a.mount == b.mount && a.node == b.node;
}

static int step_up(struct walker *walker)
{
	struct place at = walker->now.at;

	if (same(at, walker->root)) {
		if (walker->resolve & RESOLVE_BENEATH)
			return -EXDEV;
		return 0;
	}
	while (at.node == at.mount->root && at.mount->parent && !same(at, walker->root))
		at = (struct place){ at.mount->parent, at.mount->point };
	if (!same(at, walker->root))
		at.node = at.node->parent;
	walker->now.at = walker->now.parent = at;
	return 0;
}

static int go(struct walker *walker, const char *path);

static int follow(struct walker *walker, struct place dir, const struct node *link)
{
	if (walker->resolve & RESOLVE_NO_SYMLINKS ||
	    dir.mount->attrs & FAKE_NOSYMFOLLOW || walker->links++ > 20)
		return -ELOOP;
	if (link->data[0] == '/' && walker->resolve & RESOLVE_BENEATH)
		return -EXDEV;
	walker->now.at = link->data[0] == '/' ? walker->root : dir;
	return go(walker, link->data);
}

/* "/proc/self/fd/N" is the open file itself. */
static bool magic(struct walker *walker, struct place dir, const char *path)
{
	struct fd *fd;

	if (strcmp(dir.mount->fs->type, "proc") != 0 || strncmp(path, "self/fd/", 8) != 0)
		return false;
	fd = fd_get(atoi(path + 8));
	if (!fd || fd->kind != FD_FILE)
		return false;
	walker->now.at = fd->place;
	return true;
}

static int step(struct walker *walker, const char *name, bool last)
{
	struct place dir = walker->now.at, at = dir;
	int r = 0;

	if (!dir.node || !S_ISDIR(dir.node->mode))
		return dir.node ? -ENOTDIR : -ENOENT;
	(void)snprintf(walker->now.last, sizeof(walker->now.last), "%s", name);
	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0)
		return step_up(walker);
	walker->now.parent = dir;
	at.node = node_child(dir.node, name);
	walker->now.at = at;
	if (!at.node)
		return last ? 0 : -ENOENT;
	if (S_ISLNK(at.node->mode)) {
		if (!last || !(walker->flags & WALK_NOFOLLOW))
			return follow(walker, dir, at.node);
		return walker->resolve & RESOLVE_NO_SYMLINKS ? -ELOOP : 0;
	}
	walker->now.at = cross(walker, at, &r);
	return r;
}

static int go(struct walker *walker, const char *path)
{
	char name[256];
	int r;

	while (*path == '/')
		path++;
	if (magic(walker, walker->now.at, path))
		return 0;
	while (*path) {
		size_t size = strcspn(path, "/");

		if (size >= sizeof(name))
			return -ENAMETOOLONG;
		memcpy(name, path, size);
		name[size] = '\0';
		path += size;
		while (*path == '/')
			path++;
		r = step(walker, name, *path == '\0');
		if (r < 0)
			return r;
		if (*path && walker->now.at.node && magic(walker, walker->now.at, path))
			return 0;
	}
	return 0;
}

int walk_from(struct place start, const char *path, int flags, uint64_t resolve,
	      struct walk *ret_walk)
{
	struct walker walker = {
		.start = start, .root = kernel->root, .resolve = resolve, .flags = flags
	};
	int r;

	if (!*path)
		return -ENOENT;
	if (path[0] == '/' && resolve & RESOLVE_BENEATH)
		return -EXDEV;
	if (resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT))
		walker.root = start;
	walker.now.at = walker.now.parent = path[0] == '/' ? walker.root : start;
	r = go(&walker, path);
	*ret_walk = walker.now;
	return r;
}

int walk_at(int dirfd, const char *path, int flags, uint64_t resolve,
	    struct walk *ret_walk)
{
	struct place start = kernel->cwd;

	if (dirfd != AT_FDCWD && (path[0] != '/' || resolve & RESOLVE_IN_ROOT)) {
		struct fd *fd = fd_get(dirfd);

		if (!fd || fd->kind != FD_FILE)
			return -EBADF;
		start = fd->place;
	}
	return walk_from(start, path, flags, resolve, ret_walk);
}

int walk_existing(int dirfd, const char *path, int flags, struct place *ret_place)
{
	struct walk walk;
	int r;

	if (!*path) { /* AT_EMPTY_PATH and its like */
		struct fd *fd = fd_get(dirfd);

		if (dirfd != AT_FDCWD && (!fd || fd->kind != FD_FILE))
			return -EBADF;
		*ret_place = dirfd == AT_FDCWD ? kernel->cwd : fd->place;
		return 0;
	}
	r = walk_at(dirfd, path, flags, 0, &walk);
	if (r < 0)
		return r;
	if (!walk.at.node)
		return -ENOENT;
	*ret_place = walk.at;
	return 0;
}
