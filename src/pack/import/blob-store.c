/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/import/blob-store.h"

#include <errno.h>
#include <fcntl.h>
#include <sqfs/data_reader.h>
#include <sqfs/dir.h>
#include <sqfs/dir_reader.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "pack/import/squash/parts.h"

struct blob_reader {
	struct squash_file file;
	sqfs_super_t super;
	sqfs_compressor_t *compressor;
	sqfs_dir_reader_t *dirs;
	sqfs_data_reader_t *data;
	bool open;		      /* dirs stands in the directory `dir` */
	char dir[TREE_PATH_SIZE];     /* without slashes at its ends; "" is the root */
	char last[TREE_NAME_MAX + 1]; /* the name that was read last in it */
};

static void reader_free(struct blob_reader *reader)
{
	if (!reader)
		return;
	sqfs_destroy(reader->data);
	sqfs_destroy(reader->dirs);
	sqfs_destroy(reader->compressor);
	free(reader);
}

static int reader_start(struct blob_reader *reader)
{
	struct squash_options options = { .block_size = reader->super.block_size };
	const char *name = sqfs_compressor_name_from_id(
		(SQFS_COMPRESSOR)reader->super.compression_id);
	int r;

	(void)snprintf(options.compression, sizeof(options.compression), "%s",
		       name ? name : "");
	r = squash_compressor(&options, true, &reader->compressor);
	if (r == 0 && reader->super.flags & SQFS_FLAG_COMPRESSOR_OPTIONS)
		r = reader->compressor->read_options(reader->compressor,
						     &reader->file.base);
	if (r < 0)
		return r;
	reader->dirs = sqfs_dir_reader_create(&reader->super, reader->compressor,
					      &reader->file.base, 0);
	reader->data = sqfs_data_reader_create(&reader->file.base, options.block_size,
					       reader->compressor, 0);
	if (!reader->dirs || !reader->data)
		return SQFS_ERROR_ALLOC;
	return sqfs_data_reader_load_fragment_table(reader->data, &reader->super);
}

static int reader_open(struct blob_store *store)
{
	struct blob_reader *reader;
	struct stat st;
	int r;

	if (store->reader)
		return 0;
	reader = calloc(1, sizeof(*reader));
	if (!reader || fstat(store->fd, &st) < 0) {
		free(reader);
		return SQFS_ERROR_ALLOC;
	}
	squash_file_init(&reader->file, store->fd);
	reader->file.size_bytes = (uint64_t)st.st_size;
	r = sqfs_super_read(&reader->super, &reader->file.base);
	if (r == 0)
		r = reader_start(reader);
	if (r < 0) {
		reader_free(reader);
		return r;
	}
	store->reader = reader;
	return 0;
}

static int enter(struct blob_reader *reader, const char *dir)
{
	sqfs_inode_generic_t *root = NULL, *inode = NULL;
	int r = sqfs_dir_reader_get_root_inode(reader->dirs, &root);

	reader->open = false;
	if (r == 0 && *dir)
		r = sqfs_dir_reader_find_by_path(reader->dirs, root, dir, &inode);
	if (r == 0)
		r = sqfs_dir_reader_open_dir(reader->dirs, inode ? inode : root, 0);
	sqfs_free(inode);
	sqfs_free(root);
	if (r < 0)
		return r;
	reader->open = true;
	reader->last[0] = '\0';
	(void)snprintf(reader->dir, sizeof(reader->dir), "%s", dir);
	return 0;
}

/* Reads on up to @name: who asks in the order of names reads a directory once. */
static int find_name(struct blob_reader *reader, const char *name,
		     sqfs_inode_generic_t **ret_inode)
{
	sqfs_dir_entry_t *entry;
	int r;

	while ((r = sqfs_dir_reader_read(reader->dirs, &entry)) == 0) {
		(void)snprintf(reader->last, sizeof(reader->last), "%.*s",
			       (int)entry->size + 1, (const char *)entry->name);
		sqfs_free(entry);
		if (strcmp(reader->last, name) == 0)
			return sqfs_dir_reader_get_inode(reader->dirs, ret_inode);
		if (strcmp(reader->last, name) > 0)
			break;
	}
	reader->open = false;
	return r < 0 ? r : SQFS_ERROR_NO_ENTRY;
}

static int find_path(struct blob_reader *reader, char *path,
		     sqfs_inode_generic_t **ret_inode)
{
	char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path, *dir = slash ? path : "";
	int r = 0;

	if (slash)
		*slash = '\0';
	if (!reader->open || strcmp(reader->dir, dir) != 0 ||
	    strcmp(reader->last, name) >= 0)
		r = enter(reader, dir);
	return r < 0 ? r : find_name(reader, name, ret_inode);
}

static bool is_below(const struct tree_node *root, const struct tree_node *node)
{
	while (node && node != root)
		node = node->parent;
	return node;
}

/* A name that the merged view still has for it. */
static const struct tree_node *name_of(const struct tree *tree,
				       const struct tree_inode *inode)
{
	const struct tree_node *node = inode->first;

	if (is_below(tree->lower, node) && node->inode == inode)
		return node;
	for (node = tree->lower; node; node = tree_next(tree->lower, node))
		if (node->inode == inode)
			break;
	return node;
}

static int store_open(struct content_store *base, const struct tree_inode *inode,
		      void **ret_file, struct err *err)
{
	struct blob_store *store = (struct blob_store *)base;
	const struct tree_inode *of = inode->origin ? inode->origin : inode;
	const struct tree_node *node = name_of(store->tree, of);
	sqfs_inode_generic_t *found = NULL;
	char path[TREE_PATH_SIZE];
	int r;

	if (!node || tree_path(node, path) < 0)
		return err_set(err, -ENOENT,
			       "a file of a finished layer has no name left");
	r = reader_open(store);
	if (r == 0)
		r = find_path(store->reader, path, &found);
	if (r < 0)
		return err_set(err, -EIO,
			       "reading '%s' from its finished layer: error %d",
			       node->name, r);
	*ret_file = found;
	return 0;
}

static int store_read(struct content_store *base, void *file, uint64_t at, void *buf,
		      size_t size, struct err *err)
{
	struct blob_store *store = (struct blob_store *)base;
	sqfs_s32 n =
		sqfs_data_reader_read(store->reader->data, file, at, buf, (sqfs_u32)size);

	if (n >= 0 && (size_t)n == size)
		return 0;
	return err_set(err, -EIO, "reading it from its finished layer: error %d",
		       n < 0 ? n : SQFS_ERROR_OUT_OF_BOUNDS);
}

static void store_close(void *file)
{
	sqfs_free(file);
}

struct blob_store *blob_store_new(const struct tree *tree, int fd)
{
	struct blob_store *store = calloc(1, sizeof(*store));

	if (!store)
		return NULL;
	*store = (struct blob_store){
		.base = { store_open, store_read, store_close },
		.tree = tree,
		.fd = fcntl(fd, F_DUPFD_CLOEXEC, 3),
	};
	if (store->fd >= 0)
		return store;
	free(store);
	return NULL;
}

void blob_store_free(struct blob_store *store)
{
	if (!store)
		return;
	reader_free(store->reader);
	fd_close(store->fd);
	free(store);
}
