/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * One layer of the image being made, from the entries of one or more source layers
 * (several when they are merged). The rules of the OCI layer format are here: whiteouts,
 * opaque directories, duplicates, implied parents, links in the middle of a path, hard
 * links to lower files.
 *
 * Entries are applied in the order of the tar; what a later one says wins. Whiteouts only
 * ever hide what earlier layers brought.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "pack/tree/resolve.h"
#include "pack/tree/tree.h"

/* One entry as its source gives it. Texts and xattrs are borrowed for the call; xattrs,
 * content and extents stay referenced: they live in the tree's arena or longer. */
struct layer_entry {
	const char *path;     /* as it stands in the tar */
	const char *hardlink; /* path of a hard link's target; NULL for everything else */
	const char *target;   /* of a symlink */
	uint32_t mode;	      /* with the type; without meaning for a hard link */
	uint32_t uid, gid;
	int64_t mtime;
	uint32_t major, minor;
	uint64_t size_bytes;
	const struct content *content;
	const struct content_stamp *stamp;
	const struct tree_extent *extents;
	uint32_t extent_count;
	struct tree_xattr *xattrs;
};

struct layer_limits {
	uint64_t entries, bytes; /* of one source layer */
	uint32_t depth;		 /* components of a path */
};

struct layer_notes { /* what was left out, or may not be meant; for a note to people */
	uint64_t sockets, litter, foreign_xattrs;
	uint64_t roots; /* entries for the root that are no directory */
	uint64_t own, behind_end, outputs; /* of struct tar_notes */
	uint64_t times;		 /* that squashfs can't have: before 1970, after 2106 */
	uint64_t followed;	 /* directories that are links below and stayed so */
	char followed_name[128]; /* the first of them */
};

struct layer {
	struct tree *tree;
	struct tree_node *root;	  /* what the layer brings; finished by layer_finish() */
	struct tree_node *litter; /* AUFS's own files: only hard links see them */
	struct tree_node **conflicts; /* implied directories over something else */
	size_t conflict_count;
	uint32_t number; /* of the source layer being read, over the whole import */
	uint32_t first;	 /* its first source layer's number */
	bool plain;	 /* the source layer being read knows no whiteouts */
	bool follow;	 /* its directories follow links to directories below */
	uint32_t latest; /* no mtime is later: SOURCE_DATE_EPOCH, or UINT32_MAX */
	struct layer_limits limits;
	uint64_t entries, bytes; /* of the source layer so far */
	struct layer_notes notes;
	struct resolve walk;
};

/* A layer that will lie over tree->lower; its source layers count on from @number, which
 * is 0 at first and layer->number of the one before after that. @latest: see the struct.
 * NULL when out of memory. */
struct layer *layer_new(struct tree *tree, uint32_t number, uint32_t latest,
			const struct layer_limits *limits);
void layer_free(struct layer *layer);

/* Begins a source layer; after the first, it is merged into what is there. @follow: a directory
 * of it does not replace a link to a directory that an earlier source layer has. */
void layer_next_source(struct layer *layer, bool plain, bool follow);

/* Applies an entry. 0; -EINVAL, -ENOENT, -ELOOP, -E2BIG... with the entry's name and the
 * reason. */
int layer_add(struct layer *layer, const struct layer_entry *entry, struct err *err);

/* At the end of a source layer: what only makes sense as a whole. */
int layer_check(struct layer *layer, struct err *err);

/* Is @path one that the user left out? */
typedef bool layer_exclude_fn(const char *path, void *context);

/* After the last entry: drops what is excluded and needless whiteouts, marks opaque
 * directories, sorts, counts names. 0 or -errno. */
int layer_finish(struct layer *layer, layer_exclude_fn *exclude, void *context,
		 struct err *err);

/* Puts the finished and written layer into tree->lower; layer->root has no meaning then.
 */
void layer_commit(struct layer *layer);
