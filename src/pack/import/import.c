/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/import/import.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/cmd.h"
#include "pack/import/cache.h"
#include "pack/import/import-plan.h"
#include "pack/import/pipeline.h"
#include "pack/import/readback.h"
#include "pack/import/reader.h"
#include "pack/import/unsquash.h"
#include "pack/tree/content.h"
#include "trust/sha256.h"

struct import {
	const struct import_options *options;
	struct staging *staging;
	struct digest writer;
	struct progress progress;
	struct tree tree;
	struct import_plan plan;
	struct pipeline pipeline;
	struct content *contents; /* one a source layer */
	size_t content_count;
	uint32_t layer_number;
	int cache; /* -1: none */
	struct import_result result;
};

static int read_layer(struct import *import, const struct source_layer *source,
		      struct layer *layer, struct err *err)
{
	const struct reader_options options = {
		.spool = {
			.temp_dir = import->staging->temp_fd,
			.limit_bytes = import->options->limits.bytes,
			.progress = &import->progress,
		},
		.dir = {
			.owner = import->options->owner,
			.output = import->staging->fd,
		},
		.replace_links = import->options->replace_links,
	};
	struct content *content = &import->contents[import->content_count];
	int r = reader_open(source, &options, content, err);

	if (r < 0)
		return r;
	import->content_count++;
	return reader_read(source, &options, &import->tree, content, layer, err);
}

static bool excluded(const char *path, void *context)
{
	for (const char *const *glob = context; *glob; glob++) {
		const char *pattern = (*glob)[0] == '/' ? *glob + 1 : *glob;

		if (fnmatch(pattern, path, FNM_PATHNAME | FNM_PERIOD) == 0)
			return true;
	}
	return false;
}

static int check_back(struct import *import, const struct layer *layer, int fd,
		      const char *name, uint64_t bytes, struct err *err)
{
	const struct readback_options options = {
		.progress = &import->progress,
	};
	int r;

	progress_begin(&import->progress, "reading back", name, bytes);
	r = readback_check(&import->tree, layer->root, fd, &options, err);
	progress_end(&import->progress);
	return r;
}

static int append_tree(int fd, struct hash_tree_result *ret_blob, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, -errno, "squashfs");
	return hash_tree_append(fd, (uint64_t)st.st_size, 0, ret_blob, err);
}

static int build(struct import *import, const struct layer *layer, int fd,
		 struct import_layer *out, struct err *err)
{
	int r;

	progress_begin(&import->progress, "writing", out->name, layer->bytes);
	r = squash_write(layer->root, &import->options->squash, fd, &import->progress,
			 err);
	progress_end(&import->progress);
	if (r == 0 && import->options->readback)
		r = check_back(import, layer, fd, out->name, layer->bytes, err);
	return r == 0 ? append_tree(fd, &out->blob, err) : r;
}

/* A squashfs that holds exactly this layer already is the layer. 1, or 0 when it has to
 * be written anew. */
static int take_squashfs(struct import *import, const struct layer *layer,
			 const struct import_group *group, int fd,
			 struct import_layer *out, struct err *err)
{
	const struct source_layer *source = group->sources[0];
	int r;

	if (group->count != 1 || source->kind != SOURCE_SQUASHFS)
		return 0;
	r = unsquash_copy(source, fd, err);
	if (r < 0)
		return r;
	if (check_back(import, layer, fd, out->name, layer->bytes, NULL) == 0) {
		r = append_tree(fd, &out->blob, err);
		out->origin = IMPORT_TAKEN;
		return r < 0 ? r : 1;
	}
	return ftruncate(fd, 0) < 0 ? err_errno(err, -errno, "squashfs") : 0;
}

/* The name in the cache of the same layer where nobody has read it back: only for those who
 * wouldn't either. */
static int unread_key(const struct digest *key, struct digest *ret_key)
{
	uint8_t bytes[sizeof(*key) + 6];

	memcpy(bytes, "unread", 6);
	memcpy(bytes + 6, key, sizeof(*key));
	return sha256_of(bytes, sizeof(bytes), ret_key);
}

/* 1; 0 when the cache hasn't got it; -errno. */
static int take_cached(struct import *import, const struct digest *key,
		       const struct digest *unread, int fd, struct import_layer *out,
		       struct err *err)
{
	int r = cache_get(import->cache, key, fd, &out->blob, err);

	if (r == 0 && !import->options->readback)
		r = cache_get(import->cache, unread, fd, &out->blob, err);
	if (r > 0)
		out->origin = IMPORT_REUSED;
	return r;
}

static int make_blob(struct import *import, const struct layer *layer,
		     const struct import_group *group, int fd, struct import_layer *out,
		     struct err *err)
{
	struct digest key, unread;
	bool cached = import->cache >= 0 &&
		      cache_key(layer->root, &import->options->squash, &import->writer,
				&key) == 0 &&
		      unread_key(&key, &unread) == 0;
	int r = take_squashfs(import, layer, group, fd, out, err);

	if (r != 0)
		return r < 0 ? r : 0;
	if (cached) {
		r = take_cached(import, &key, &unread, fd, out, err);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	r = build(import, layer, fd, out, err);
	if (r == 0 && cached)
		(void)cache_put(import->cache, import->options->readback ? &key : &unread,
				fd, &out->blob);
	return r;
}

/* What the process of a layer is told. */
struct layer_build {
	struct import *import;
	const struct layer *layer;
	const struct import_group *group;
};

static int build_layer(void *context, int fd, struct import_layer *out, struct err *err)
{
	struct layer_build *build = context;

	return make_blob(build->import, build->layer, build->group, fd, out, err);
}

/* Nothing in it, not even a word about the root: such layers only cost the device. */
static bool is_empty(const struct layer *layer)
{
	return !layer->root->child && layer->root->flags & TREE_IMPLIED;
}

/* Of an empty layer nobody will want any. */
static void drop_contents(struct import *import, const struct import_group *group)
{
	for (size_t i = 1; i <= group->count && i <= import->content_count; i++)
		content_done(&import->contents[import->content_count - i]);
}

static int keep_layer(struct import *import, const struct layer *layer,
		      const struct import_group *group, struct err *err)
{
	struct import_layer *out = &import->result.layers[import->result.count];
	struct layer_build build = { import, layer, group };
	const struct pipeline_layer started = {
		.root = layer->root,
		.out = out,
		.contents = import->contents + (import->content_count - group->count),
		.content_count = group->count,
	};

	for (const struct tree_node *n = layer->root; n; n = tree_next(layer->root, n))
		out->entries++;
	for (size_t i = 0; i < group->count; i++)
		out->tar_bytes +=
			import->contents[import->content_count - 1 - i].size_bytes;
	out->name = strdup(group->sources[0]->name);
	if (!out->name)
		return -ENOMEM;
	import->result.count++;
	return pipeline_start(&import->pipeline, &started, build_layer, &build, err);
}

static int finish_layer(struct import *import, struct layer *layer,
			const struct import_group *group, bool last, struct err *err)
{
	struct layer_notes *notes = &import->result.notes;
	const char *const *excludes = import->options->excludes;
	int r = layer_finish(layer, excludes && excludes[0] ? excluded : NULL,
			     (void *)excludes, err);

	if (r == 0 && (!is_empty(layer) || (last && import->result.count == 0)))
		r = keep_layer(import, layer, group, err);
	else
		drop_contents(import, group);
	notes->sockets += layer->notes.sockets;
	notes->litter += layer->notes.litter;
	notes->foreign_xattrs += layer->notes.foreign_xattrs;
	notes->roots += layer->notes.roots;
	notes->own += layer->notes.own;
	notes->behind_end += layer->notes.behind_end;
	notes->outputs += layer->notes.outputs;
	notes->times += layer->notes.times;
	if (notes->followed == 0)
		(void)stpcpy(notes->followed_name, layer->notes.followed_name);
	notes->followed += layer->notes.followed;
	if (r == 0)
		layer_commit(layer);
	return r;
}

static int import_group(struct import *import, const struct import_group *group,
			bool last, struct err *err)
{
	struct layer *layer =
		layer_new(&import->tree, import->layer_number, import->options->latest,
			  &import->options->limits);
	int r = layer ? 0 : -ENOMEM;

	if (r == 0)
		r = pipeline_make_room(&import->pipeline, err);
	for (size_t i = 0; i < group->count && r == 0; i++)
		r = read_layer(import, group->sources[i], layer, err);
	if (r == 0)
		r = finish_layer(import, layer, group, last, err);
	if (layer)
		import->layer_number = layer->number;
	layer_free(layer);
	return r;
}

/* What failed in a layer further down was the first to fail, whoever noticed it first. */
static int finish_all(struct import *import, int r, struct err *err)
{
	struct err below = ERR_INIT;
	int waited = pipeline_drain(&import->pipeline, &below);

	return waited < 0 ? err_set(err, waited, "%s", below.text) : r;
}

static int run(struct import *import, const struct source *sources, size_t count,
	       struct err *err)
{
	int r = squash_writer(&import->writer);

	if (r == 0)
		r = tree_init(&import->tree);
	if (r == 0)
		r = pipeline_init(&import->pipeline, import->staging, &import->tree,
				  &import->progress);
	if (r == 0)
		r = import_plan_make(sources, count, import->options->merge,
				     &import->plan, err);
	if (r < 0)
		return r;
	import->contents = calloc(import->plan.source_count, sizeof(*import->contents));
	import->result.layers =
		calloc(import->plan.count, sizeof(*import->result.layers));
	if (!import->contents || !import->result.layers)
		return -ENOMEM;
	for (size_t i = 0; i < import->plan.count && r == 0; i++)
		r = import_group(import, &import->plan.groups[i],
				 i + 1 == import->plan.count, err);
	r = finish_all(import, r, err);
	if (r == 0 && import->options->look)
		r = import->options->look(import->options->context, &import->tree, err);
	return r;
}

int import_sources(const struct source *sources, size_t count,
		   const struct import_options *options, struct staging *staging,
		   struct import_result *ret_result, struct err *err)
{
	struct import import = { .options = options,
				 .staging = staging,
				 .cache = -EBADF };
	int r;

	(void)signal(SIGPIPE, SIG_IGN); /* a tool that dies is an error with a text */
	progress_init(&import.progress);
	if (options->cache)
		import.cache = cache_open();
	r = run(&import, sources, count, err);
	pipeline_done(&import.pipeline);
	if (import.cache >= 0)
		(void)cache_prune(import.cache, options->cache_bytes);
	for (size_t i = 0; i < import.content_count; i++)
		content_done(&import.contents[i]);
	free(import.contents);
	import_plan_done(&import.plan);
	tree_done(&import.tree);
	fd_close(import.cache);
	if (r < 0) {
		import_done(&import.result);
		return err && !err->text[0] ? err_errno(err, r, "import") : r;
	}
	*ret_result = import.result;
	return 0;
}

void import_done(struct import_result *result)
{
	for (size_t i = 0; i < result->count; i++)
		free(result->layers[i].name);
	free(result->layers);
	*result = (struct import_result){ 0 };
}
