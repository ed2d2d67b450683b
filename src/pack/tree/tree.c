/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/tree/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE ((size_t)256 << 10)

struct tree_chunk {
	struct tree_chunk *next;
	size_t used, size;
	_Alignas(16) unsigned char bytes[];
};

int tree_init(struct tree *tree)
{
	*tree = (struct tree){ .bucket_count = 1024 };
	tree->buckets = calloc(tree->bucket_count, sizeof(*tree->buckets));
	if (!tree->buckets)
		return -ENOMEM;
	tree->lower = tree_new_root(tree);
	if (tree->lower)
		return 0;
	tree_done(tree);
	return -ENOMEM;
}

void tree_done(struct tree *tree)
{
	while (tree->chunks) {
		struct tree_chunk *next = tree->chunks->next;

		free(tree->chunks);
		tree->chunks = next;
	}
	free(tree->buckets);
	*tree = (struct tree){ 0 };
}

void *tree_alloc(struct tree *tree, size_t size)
{
	struct tree_chunk *chunk = tree->chunks;
	size_t aligned = (size + 7) & ~(size_t)7;
	void *bytes;

	if (!chunk || chunk->size - chunk->used < aligned) {
		size_t room = aligned > CHUNK_SIZE / 4 ? aligned : CHUNK_SIZE;

		chunk = calloc(1, sizeof(*chunk) + room);
		if (!chunk)
			return NULL;
		chunk->size = room;
		chunk->next = tree->chunks;
		tree->chunks = chunk;
	}
	bytes = chunk->bytes + chunk->used;
	chunk->used += aligned;
	return bytes;
}

const char *tree_text(struct tree *tree, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = tree_alloc(tree, size);

	return copy ? memcpy(copy, text, size) : NULL;
}

struct tree_node *tree_new_root(struct tree *tree)
{
	struct tree_node *node = tree_alloc(tree, sizeof(*node) + 1);

	if (node)
		node->inode = tree_alloc(tree, sizeof(*node->inode));
	if (!node || !node->inode)
		return NULL;
	node->inode->mode = S_IFDIR | 0755;
	return node;
}

/* FNV-1a over the name, from a start that spreads the parents. */
static size_t hash_of(const struct tree_node *dir, const char *name, size_t size)
{
	uint64_t hash =
		14695981039346656037ULL ^ ((uintptr_t)dir >> 3) * 0x9e3779b97f4a7c15ULL;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ (unsigned char)name[i]) * 1099511628211ULL;
	return (size_t)(hash ^ hash >> 32);
}

static struct tree_node **bucket_of(const struct tree *tree, const struct tree_node *dir,
				    const char *name, size_t size)
{
	return &tree->buckets[hash_of(dir, name, size) & (tree->bucket_count - 1)];
}

struct tree_node *tree_child(const struct tree *tree, const struct tree_node *dir,
			     const char *name, size_t size)
{
	struct tree_node *node = *bucket_of(tree, dir, name, size);

	while (node && (node->parent != dir || node->name_size != size ||
			memcmp(node->name, name, size) != 0))
		node = node->hash_next;
	return node;
}

static void grow(struct tree *tree)
{
	size_t count = tree->bucket_count * 2;
	struct tree_node **old = tree->buckets,
			 **buckets = calloc(count, sizeof(*buckets));

	if (!buckets)
		return; /* slower, still right */
	tree->buckets = buckets;
	tree->bucket_count = count;
	for (size_t i = 0; i < count / 2; i++)
		for (struct tree_node *node = old[i], *next; node; node = next) {
			struct tree_node **bucket = bucket_of(
				tree, node->parent, node->name, node->name_size);
			next = node->hash_next;
			node->hash_next = *bucket;
			*bucket = node;
		}
	free(old);
}

static void link_node(struct tree *tree, struct tree_node *node, struct tree_node *dir)
{
	struct tree_node **bucket;

	if (tree->node_count >= tree->bucket_count)
		grow(tree);
	bucket = bucket_of(tree, dir, node->name, node->name_size);
	node->parent = dir;
	node->hash_next = *bucket;
	*bucket = node;
	node->next = dir->child;
	if (node->next)
		node->next->back = &node->next;
	node->back = &dir->child;
	dir->child = node;
	tree->node_count++;
}

static void unlink_node(struct tree *tree, struct tree_node *node)
{
	struct tree_node **at =
		bucket_of(tree, node->parent, node->name, node->name_size);

	while (*at != node)
		at = &(*at)->hash_next;
	*at = node->hash_next;
	*node->back = node->next;
	if (node->next)
		node->next->back = node->back;
	node->parent = NULL;
	tree->node_count--;
}

struct tree_node *tree_add(struct tree *tree, struct tree_node *dir, const char *name,
			   size_t size)
{
	struct tree_node *node = tree_alloc(tree, sizeof(*node) + size + 1);

	if (!node)
		return NULL;
	node->name_size = (uint8_t)size;
	memcpy(node->name, name, size);
	link_node(tree, node, dir);
	return node;
}

void tree_remove(struct tree *tree, struct tree_node *node)
{
	while (node->child)
		tree_remove(tree, node->child);
	unlink_node(tree, node);
}

void tree_move(struct tree *tree, struct tree_node *node, struct tree_node *dir)
{
	unlink_node(tree, node);
	link_node(tree, node, dir);
}

static int by_name(const void *a, const void *b)
{
	const struct tree_node *x = *(const struct tree_node *const *)a;
	const struct tree_node *y = *(const struct tree_node *const *)b;

	return strcmp(x->name, y->name);
}

static int sort_dir(struct tree_node *dir)
{
	struct tree_node **nodes, **back = &dir->child;
	size_t count = 0, n = 0;

	for (struct tree_node *node = dir->child; node; node = node->next)
		count++;
	nodes = malloc((count + 1) * sizeof(struct tree_node *));
	if (!nodes)
		return -ENOMEM;
	for (struct tree_node *node = dir->child; node; node = node->next)
		nodes[n++] = node;
	qsort(nodes, count, sizeof(struct tree_node *), by_name);
	for (n = 0; n < count; n++) {
		*back = nodes[n];
		nodes[n]->back = back;
		back = &nodes[n]->next;
	}
	*back = NULL;
	free(nodes);
	return 0;
}

int tree_sort(struct tree_node *root)
{
	for (struct tree_node *node = root; node; node = tree_next(root, node))
		if (node->child && node->child->next && sort_dir(node) < 0)
			return -ENOMEM;
	return 0;
}

struct tree_node *tree_next_over(const struct tree_node *root,
				 const struct tree_node *node)
{
	while (node != root && !node->next)
		node = node->parent;
	return node == root ? NULL : node->next;
}

struct tree_node *tree_next(const struct tree_node *root, const struct tree_node *node)
{
	return node->child ? node->child : tree_next_over(root, node);
}

int tree_path(const struct tree_node *node, char ret_path[TREE_PATH_SIZE])
{
	char text[TREE_PATH_SIZE];
	size_t at = sizeof(text) - 1;

	text[at] = '\0';
	for (; node->parent; node = node->parent) {
		if (at < (size_t)node->name_size + 1)
			return -ENAMETOOLONG;
		if (text[at])
			text[--at] = '/';
		at -= node->name_size;
		memcpy(text + at, node->name, node->name_size);
	}
	memcpy(ret_path, text + at, sizeof(text) - at);
	return 0;
}
