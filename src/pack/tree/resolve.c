/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/tree/resolve.h"

#include <errno.h>
#include <string.h>

enum {
	NAMES,
	REST
};

void resolve_start(struct resolve *walk, const struct tree *tree, struct tree_node *root)
{
	walk->tree = tree;
	walk->root = root;
	walk->depth = 0;
	walk->size = 0;
	walk->links = 0;
	walk->text_used = 0;
	walk->frames[0] = (struct resolve_frame){
		.upper = root,
		.lower = root->flags & TREE_MASKED ? NULL : tree->lower,
		.name = "",
	};
}

struct tree_node *resolve_node(const struct resolve_frame *frame)
{
	return frame->upper && frame->upper->inode ? frame->upper : frame->lower;
}

struct resolve_frame resolve_name(const struct resolve *walk, const char *name,
				  size_t size)
{
	const struct resolve_frame *dir = &walk->frames[walk->depth];
	struct resolve_frame frame = { .name = name, .name_size = (uint16_t)size };

	if (tree_is_dir(dir->upper))
		frame.upper = tree_child(walk->tree, dir->upper, name, size);
	if (frame.upper &&
	    (!tree_is_dir(frame.upper) || frame.upper->flags & TREE_MASKED))
		return frame;
	/* a file in the middle of the path has nothing below it, whatever the lower
	 * layers say */
	if (tree_is_dir(dir->lower) && (!dir->upper || tree_is_dir(dir->upper)))
		frame.lower = tree_child(walk->tree, dir->lower, name, size);
	if (frame.upper && !tree_is_dir(frame.lower))
		frame.lower = NULL;
	return frame;
}

static int push(struct resolve *walk, const char *name, size_t size, struct err *err)
{
	struct resolve_frame frame;
	char *copy = walk->text[NAMES] + walk->text_used;

	if (size > TREE_NAME_MAX)
		return err_set(err, -ENAMETOOLONG, "a name of more than %d bytes",
			       TREE_NAME_MAX);
	if (walk->depth == RESOLVE_DEPTH_MAX || walk->size + size + 1 >= TREE_PATH_SIZE)
		return err_set(err, -ENAMETOOLONG, "the path is too long");
	memcpy(copy, name, size);
	walk->text_used += size;
	frame = resolve_name(walk, copy, size);
	walk->size += size + 1;
	walk->frames[++walk->depth] = frame;
	return 0;
}

static void pop(struct resolve *walk)
{
	if (walk->depth == 0)
		return;
	walk->size -= walk->frames[walk->depth].name_size + 1U;
	walk->text_used -= walk->frames[walk->depth].name_size;
	walk->depth--;
}

/* Puts a link's target before what is still to be walked and steps back out of the link.
 */
static int follow(struct resolve *walk, const char *target, const char *rest,
		  struct err *err)
{
	char *text = walk->text[REST];
	size_t target_size = strlen(target), rest_size = strlen(rest);

	if (++walk->links > RESOLVE_LINKS_MAX)
		return err_set(err, -ELOOP, "too many symbolic links on the way");
	if (target_size + rest_size + 2 > sizeof(walk->text[REST]))
		return err_set(err, -ENAMETOOLONG,
			       "links on the way make the path too long");
	memmove(text + target_size + 1, rest, rest_size + 1);
	memcpy(text, target, target_size);
	text[target_size] = '/';
	pop(walk);
	while (target[0] == '/' && walk->depth)
		pop(walk);
	return 0;
}

static int step(struct resolve *walk, const char *name, size_t size, const char *rest,
		struct err *err)
{
	const struct tree_node *node;
	int r;

	if (size == 0 || (size == 1 && name[0] == '.'))
		return 0;
	if (size == 2 && memcmp(name, "..", 2) == 0) {
		pop(walk);
		return 0;
	}
	r = push(walk, name, size, err);
	if (r < 0)
		return r;
	node = resolve_node(&walk->frames[walk->depth]);
	if (!node || !S_ISLNK(node->inode->mode))
		return 0;
	r = follow(walk, node->inode->target, rest, err);
	return r < 0 ? r : 1;
}

int resolve_dirs(struct resolve *walk, const char *path, struct err *err)
{
	const char *at = walk->text[REST];
	size_t size = strlen(path);

	if (size >= TREE_PATH_SIZE)
		return err_set(err, -ENAMETOOLONG, "the path is too long");
	memcpy(walk->text[REST], path, size + 1);
	while (*at) {
		size = strcspn(at, "/");
		int r = step(walk, at, size, at + size + (at[size] == '/'), err);

		if (r < 0)
			return r;
		at = r ? walk->text[REST] : at + size + (at[size] == '/');
	}
	return 0;
}
