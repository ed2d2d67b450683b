/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * File trees in memory: names in a hash table, so that a directory of a million entries
 * costs no more than a million directories of one. About 200 bytes an entry. File
 * contents are not here, only where they are.
 *
 * Everything is allocated from the tree's arena and goes with tree_done(); what is
 * removed stays allocated until then. One struct tree holds several roots: the merged
 * view of the lower layers and the layer being read, so that nodes can move from one to
 * the other.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"

#define TREE_NAME_MAX 255
#define TREE_PATH_SIZE 4096 /* of a whole path below the root, with the NUL */

struct tree_xattr { /* a list sorted by name */
	struct tree_xattr *next;
	const char *name;
	const void *value;
	uint32_t size;
};

/* Where a run of a file's bytes stands; what no extent covers is a hole. */
struct tree_extent {
	uint64_t offset; /* in the file */
	uint64_t at;	 /* in the content */
	uint64_t size;
};

struct content_store; /* content.h: who has the bytes later on */
struct content;	      /* content.h: the open file or directory that holds the bytes */
struct content_stamp;

struct tree_inode {
	uint32_t mode; /* type and permissions, as in struct stat */
	uint32_t uid, gid;
	uint32_t mtime;
	uint32_t major, minor;
	uint64_t size_bytes; /* regular files */
	const struct content *content;
	const struct content_stamp *stamp; /* of a file in a directory */
	const struct tree_extent *extents; /* sorted, not overlapping */
	uint32_t extent_count;
	uint32_t names;	    /* how many names the layer has for it */
	const char *target; /* symlinks */
	struct tree_xattr *xattrs;
	struct tree_node *first; /* its first name in the order of writing */
	struct tree_inode
		*copy; /* what the layer copy_layer made of it for its hard links */
	uint32_t copy_layer;
	uint32_t copy_count;	     /* numbers for the cache key */
	struct tree_inode *origin;   /* of a copy, until its own layer is finished */
	struct content_store *store; /* of a copy, after that */
};

enum tree_flag {
	TREE_WHITEOUT = 1 << 0, /* removes the name from the layers below; has no inode */
	TREE_MASKED = 1 << 1,	/* a directory that shows nothing of the layers below */
	TREE_IMPLIED = 1 << 2,	/* a directory that this layer only passes through */
	TREE_CONFLICT =
		1
		<< 3, /* an implied directory where the lower layers have no directory */
	TREE_OPAQUE = 1 << 4, /* masked, and there is something below to be masked */
};

struct tree_node {
	struct tree_node *parent, *child, *next, **back;
	struct tree_node *hash_next;
	struct tree_inode *inode;
	uint32_t layer;	 /* the last layer that touched it */
	uint32_t number; /* its inode's, while its layer is written */
	uint8_t flags;
	uint8_t name_size;
	char name[]; /* ended by NUL */
};

struct tree_chunk;

struct tree {
	struct tree_chunk *chunks;
	struct tree_node **buckets;
	size_t bucket_count, node_count;
	struct tree_node *lower; /* the merged view of finished layers */
};

/* 0 or -ENOMEM. */
int tree_init(struct tree *tree);
void tree_done(struct tree *tree);

/* @size bytes, zeroed and aligned, from the arena; NULL when out of memory. */
void *tree_alloc(struct tree *tree, size_t size);
const char *tree_text(struct tree *tree, const char *text);

/* A directory of 0755 root at time 0 without a name. NULL when out of memory. */
struct tree_node *tree_new_root(struct tree *tree);

/* The child of that name, whiteouts too; NULL when there is none. */
struct tree_node *tree_child(const struct tree *tree, const struct tree_node *dir,
			     const char *name, size_t size);

/* Adds a child that isn't there yet, without an inode. NULL when out of memory. */
struct tree_node *tree_add(struct tree *tree, struct tree_node *dir, const char *name,
			   size_t size);

/* Takes a node and what is below it out of the tree; its parent becomes NULL. */
void tree_remove(struct tree *tree, struct tree_node *node);

/* Moves a node, with what is below it, into another directory that has no such name. */
void tree_move(struct tree *tree, struct tree_node *node, struct tree_node *dir);

/* Sorts every directory below @root by name, byte by byte. 0 or -ENOMEM. */
int tree_sort(struct tree_node *root);

/* The next node in preorder below @root, NULL at the end. Start with @node = @root. */
struct tree_node *tree_next(const struct tree_node *root, const struct tree_node *node);

/* As tree_next(), passing over what is below @node. */
struct tree_node *tree_next_over(const struct tree_node *root,
				 const struct tree_node *node);

/* The path below the root without a leading slash, "" for the root. 0 or -ENAMETOOLONG.
 */
int tree_path(const struct tree_node *node, char ret_path[TREE_PATH_SIZE]);

static inline bool tree_is_dir(const struct tree_node *node)
{
	return node && node->inode && S_ISDIR(node->inode->mode);
}
