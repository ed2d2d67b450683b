/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Layers that are built while the next ones are read. Each is built in a process of its own, which
 * has the tree as it was when it began: what later layers make of it is nobody's concern there, and
 * a library that crashes ends one layer and not the program.
 *
 * Rule: never more than two layers' tars are there. What is done gives its tar back; who still wants
 * bytes of it, a hard link from above or a look at a file, gets them from the finished blob.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cli/progress.h"
#include "pack/host/staging.h"
#include "pack/import/blob-store.h"
#include "pack/import/import.h"
#include "pack/tree/content.h"
#include "pack/tree/tree.h"

#define PIPELINE_JOBS 2

/* Makes a layer in the empty file @fd and fills @out. Runs in the layer's own process. */
typedef int pipeline_build_fn(void *context, int fd, struct import_layer *out,
			      struct err *err);

struct pipeline_layer {
	const struct tree_node *root; /* finished */
	struct import_layer *out;     /* for its name; the results come here */
	struct content *contents;     /* of its source layers; closed when it is done */
	size_t content_count;
};

struct pipeline_job {
	struct pipeline_layer layer;
	pid_t pid;
	int pipe;	     /* its report comes here; owned */
	unsigned int number; /* of its file in the staging */
	struct blob_store *store;
	struct tree_inode **copies; /* hard links to files of lower layers */
	size_t copy_count;
};

struct pipeline {
	struct staging *staging;
	struct tree *tree;
	struct progress *progress;
	uint32_t *turn; /* whose bar is shown, in memory that all share */
	uint32_t started;
	struct pipeline_job jobs[PIPELINE_JOBS]; /* the oldest first */
	size_t count;
	struct blob_store *stores; /* of all layers; a list */
};

/* 0 or -errno. Needs pipeline_done() in either case. */
int pipeline_init(struct pipeline *pipeline, struct staging *staging, struct tree *tree,
		  struct progress *progress);

/* Waits until one layer's tar may be read. 0, or -errno with what went wrong in the layer that
 * was waited for; the others are stopped then. */
int pipeline_make_room(struct pipeline *pipeline, struct err *err);

/* Waits for all of them. As pipeline_make_room(). */
int pipeline_drain(struct pipeline *pipeline, struct err *err);

/* Begins to build a layer; needs room. 0 or -errno. */
int pipeline_start(struct pipeline *pipeline, const struct pipeline_layer *layer,
		   pipeline_build_fn *build, void *context, struct err *err);

/* Stops what still runs; no content may be read after it. */
void pipeline_done(struct pipeline *pipeline);
