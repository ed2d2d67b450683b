/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/import/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/progress.h"
#include "pack/import/tar.h"
#include "pack/import/unsquash.h"
#include "pack/source/shape.h"

static int add_entry(void *context, const struct layer_entry *entry, struct err *err)
{
	return layer_add(context, entry, err);
}

static int open_dir(const struct source_layer *source,
		    const struct spool_options *options, struct content *ret_content,
		    struct err *err)
{
	(void)options;
	ret_content->dir = true;
	ret_content->fd = fcntl(source->fd, F_DUPFD_CLOEXEC, 3);
	return ret_content->fd < 0 ? err_errno(err, -errno, "%s", source->name) : 0;
}

static int read_dir(struct tree *tree, const struct reader_options *options,
		    const struct content *content, struct layer *layer,
		    struct tar_notes *notes, struct err *err)
{
	return dir_read(tree, content, &options->dir, add_entry, layer, notes, err);
}

static int read_tar(struct tree *tree, const struct reader_options *options,
		    const struct content *content, struct layer *layer,
		    struct tar_notes *notes, struct err *err)
{
	(void)options;
	return tar_read(tree, content, add_entry, layer, notes, err);
}

/* How each kind of source layer is read. */
static const struct reader {
	int (*open)(const struct source_layer *source,
		    const struct spool_options *options, struct content *ret_content,
		    struct err *err);
	int (*read)(struct tree *tree, const struct reader_options *options,
		    const struct content *content, struct layer *layer,
		    struct tar_notes *notes, struct err *err);
} readers[] = {
	[SOURCE_TAR] = { spool_layer, read_tar },
	[SOURCE_DIR] = { open_dir, read_dir },
	[SOURCE_SQUASHFS] = { unsquash_spool, read_tar },
};

static uint64_t stored_size(const struct source_layer *source)
{
	struct stat st;

	if (source->size_bytes != SOURCE_SIZE_UNKNOWN)
		return source->size_bytes;
	return fstat(source->fd, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size
								  : 0;
}

int reader_open(const struct source_layer *source, const struct reader_options *options,
		struct content *ret_content, struct err *err)
{
	struct progress *progress = options->spool.progress;
	int r;

	*ret_content = (struct content){ .fd = -EBADF };
	progress_begin(progress, "reading", source->name, stored_size(source));
	r = readers[source->kind].open(source, &options->spool, ret_content, err);
	progress_end(progress);
	return r;
}

/* Where the names of the layer that was read are. */
struct top {
	const struct tree *tree;
	const struct tree_node *root;
};

static bool top_has(const void *context, const char *name)
{
	const struct top *top = context;
	const struct tree_node *node = top->root;

	for (size_t size; node && *name; name += size + (name[size] == '/')) {
		size = strcspn(name, "/");
		node = tree_child(top->tree, node, name, size);
	}
	return node && node->inode;
}

/* Without tags docker save, and skopeo, write no "repositories": a configuration by its digest
 * is there. */
static bool is_saved(const struct top *top)
{
	const struct tree_node *node = top->root ? top->root->child : NULL;

	if (!top_has(top, "manifest.json"))
		return false;
	while (node && (strspn(node->name, "0123456789abcdef") != 64 ||
			strcmp(node->name + 64, ".json") != 0))
		node = node->next;
	return node;
}

/* Somebody's files, or an image that was taken for files? */
static int check_shape(const struct source_layer *source, const struct tree *tree,
		       const struct layer *layer, struct err *err)
{
	const struct top top = { tree, layer->root };
	const struct shape *shape = source->own ? shape_by_names(top_has, &top) : NULL;
	const char *prefix, *path = strchr(source->name, ':');

	if (!shape && source->own && is_saved(&top))
		shape = &shape_saved;
	if (!shape)
		return 0;
	prefix = source->kind == SOURCE_DIR ? shape->dir : shape->tar;
	if (!prefix)
		return err_set(err, -EINVAL, "is %s, and no root", shape->what);
	return err_set(err, -EINVAL, "is %s: say %s%s", shape->what, prefix,
		       path ? path : "");
}

int reader_read(const struct source_layer *source, const struct reader_options *options,
		struct tree *tree, const struct content *content, struct layer *layer,
		struct err *err)
{
	struct layer_notes *notes = &layer->notes;
	struct tar_notes found = { 0 };
	int r;

	layer_next_source(layer, source->plain, source->own && !options->replace_links);
	r = readers[source->kind].read(tree, options, content, layer, &found, err);
	if (r == -EBADMSG && source->own && source->kind == SOURCE_TAR)
		source_explain(source->name, r, err);
	if (r == 0)
		r = check_shape(source, tree, layer, err);
	if (r == 0)
		r = layer_check(layer, err);
	notes->foreign_xattrs += found.foreign_xattrs;
	notes->own += found.own;
	notes->behind_end += found.behind_end;
	notes->outputs += found.outputs;
	return r < 0 ? err_wrap(err, r, "%s", source->name) : 0;
}
