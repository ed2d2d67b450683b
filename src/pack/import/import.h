/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* From sources to finished layer blobs: reads, normalises, writes, verifies, caches. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cli/progress.h"
#include "pack/host/staging.h"
#include "pack/import/dir.h"
#include "pack/import/squash.h"
#include "pack/source/source.h"
#include "pack/tree/layer.h"
#include "trust/hash-tree.h"

struct import_options {
	struct squash_options squash;
	struct layer_limits limits;
	const char *const *excludes;   /* NULL-ended globs */
	const struct dir_owner *owner; /* of all in directories; NULL: as it is */
	size_t merge;		       /* at most this many layers; 0: as they come */
	uint32_t latest;	       /* SOURCE_DATE_EPOCH, or UINT32_MAX */
	bool readback, cache;
	bool replace_links;   /* also where files of one's own have a directory */
	uint64_t cache_bytes; /* as much is kept */
	/* Called with the merged view of all layers, while their files can be read; or NULL.
	 * 0, or -errno: that is no image to keep. */
	int (*look)(void *context, const struct tree *tree, struct err *err);
	void *context;
};

enum import_origin {
	IMPORT_BUILT,
	IMPORT_REUSED, /* from the cache */
	IMPORT_TAKEN,  /* the source's own squashfs */
};

struct import_layer { /* bottom first; one of the image */
	struct hash_tree_result blob;
	char *name;
	uint64_t entries;   /* names in it, whiteouts too */
	uint64_t tar_bytes; /* of the source layers, uncompressed */
	enum import_origin origin;
};

struct import_result {
	struct import_layer *layers;
	size_t count;
	struct layer_notes notes; /* of all layers */
};

/*
 * Imports the layers of @count sources, which stack in order, into @staging. 0, or -errno
 * with the layer's name. @ret_result is the caller's: import_done().
 */
int import_sources(const struct source *sources, size_t count,
		   const struct import_options *options, struct staging *staging,
		   struct import_result *ret_result, struct err *err);
void import_done(struct import_result *result);
