/* SPDX-License-Identifier: Apache-2.0 */
/* A squashfs from its superblock to its padding. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/progress.h"
#include "pack/import/squash/parts.h"

#define SQUASH_PAGE 4096  /* its size is a multiple of it, as verity wants */
#define SQUASH_BACKLOG 10 /* blocks in flight for each thread */

int squash_error(const struct squash *squash, int error, struct err *err)
{
	switch (error) {
	case SQFS_ERROR_IO:
		return err_errno(err, squash->file.error ? squash->file.error : -EIO,
				 "writing the squashfs");
	case SQFS_ERROR_ALLOC:
		return err_errno(err, -ENOMEM, "writing the squashfs");
	case SQFS_ERROR_OVERFLOW:
		return err_set(
			err, -EOVERFLOW,
			"more owners or attributes than a squashfs can tell apart");
	case SQFS_ERROR_UNSUPPORTED:
		return err_set(err, -ENOTSUP, "libsquashfs here can't write it: %s",
			       squash->options->compression);
	default:
		return err_set(err, -EIO, "libsquashfs failed: error %d", error);
	}
}

static unsigned int processors(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return count > 1 ? (unsigned int)count : 1;
}

/* Neighbours in a directory have numbers that follow each other: its list is short then. */
static int number_inodes(struct squash *squash)
{
	squash->count = squash->root->number = 1;
	for (struct tree_node *dir = squash->root; dir;
	     dir = tree_next(squash->root, dir))
		for (struct tree_node *node = dir->child; node; node = node->next)
			if (squash_owner(node) == node)
				node->number = ++squash->count;
	squash->slots = calloc((size_t)squash->count + 1, sizeof(*squash->slots));
	return squash->slots ? 0 : SQFS_ERROR_ALLOC;
}

static uint32_t latest_mtime(const struct tree_node *root)
{
	uint32_t latest = 0;

	for (const struct tree_node *n = root; n; n = tree_next(root, n))
		if (n->inode && n->inode->mtime > latest)
			latest = n->inode->mtime;
	return latest;
}

/* The superblock's time is the newest in the tree: no clock but the files' own. */
static int start_super(struct squash *squash)
{
	sqfs_compressor_config_t config;
	int r;

	squash->compressor->get_configuration(squash->compressor, &config);
	r = sqfs_super_init(&squash->super, squash->options->block_size,
			    latest_mtime(squash->root), (SQFS_COMPRESSOR)config.id);
	if (r == 0)
		r = sqfs_super_write(&squash->super, &squash->file.base);
	if (r)
		return r;
	r = squash->compressor->write_options(squash->compressor, &squash->file.base);
	if (r > 0)
		squash->super.flags |= SQFS_FLAG_COMPRESSOR_OPTIONS;
	if (strcmp(squash->options->compression, "none") == 0)
		squash->super.flags |=
			SQFS_FLAG_UNCOMPRESSED_INODES | SQFS_FLAG_UNCOMPRESSED_DATA |
			SQFS_FLAG_UNCOMPRESSED_FRAGMENTS | SQFS_FLAG_UNCOMPRESSED_XATTRS |
			SQFS_FLAG_UNCOMPRESSED_IDS;
	return r < 0 ? r : 0;
}

static int start_data(struct squash *squash)
{
	unsigned int workers = processors();
	sqfs_block_processor_desc_t description = {
		.size = sizeof(description),
		.max_block_size = squash->options->block_size,
		.num_workers = workers,
		.max_backlog = workers * SQUASH_BACKLOG,
		.cmp = squash->compressor,
		.file = &squash->file.base,
		.uncmp = squash->uncompressor,
	};

	squash->blocks = sqfs_block_writer_create(&squash->file.base, SQUASH_PAGE, 0);
	squash->fragments = sqfs_frag_table_create(0);
	if (!squash->blocks || !squash->fragments)
		return SQFS_ERROR_ALLOC;
	description.wr = squash->blocks;
	description.tbl = squash->fragments;
	return sqfs_block_processor_create_ex(&description, &squash->data);
}

static int start_tables(struct squash *squash)
{
	sqfs_file_t *file = &squash->file.base;

	squash->ids = sqfs_id_table_create(0);
	squash->xattrs = sqfs_xattr_writer_create(0);
	squash->inodes = sqfs_meta_writer_create(file, squash->compressor, 0);
	squash->dirs = sqfs_meta_writer_create(file, squash->compressor,
					       SQFS_META_WRITER_KEEP_IN_MEMORY);
	if (!squash->ids || !squash->xattrs || !squash->inodes || !squash->dirs)
		return SQFS_ERROR_ALLOC;
	squash->dir =
		sqfs_dir_writer_create(squash->dirs, SQFS_DIR_WRITER_CREATE_EXPORT_TABLE);
	return squash->dir ? 0 : SQFS_ERROR_ALLOC;
}

static int start(struct squash *squash)
{
	int r = squash_compressor(squash->options, false, &squash->compressor);

	if (r == 0)
		r = squash_compressor(squash->options, true, &squash->uncompressor);
	if (r == 0)
		r = number_inodes(squash);
	if (r == 0)
		r = start_super(squash);
	if (r == 0)
		r = start_data(squash);
	return r ? r : start_tables(squash);
}

static int finish(struct squash *squash)
{
	sqfs_file_t *file = &squash->file.base;
	sqfs_super_t *super = &squash->super;
	int r = squash_put_tree(squash);

	if (r == 0)
		r = sqfs_id_table_write(squash->ids, file, super, squash->compressor);
	if (r == 0)
		r = sqfs_xattr_writer_flush(squash->xattrs, file, super,
					    squash->compressor);
	if (r)
		return r;
	super->bytes_used = squash->file.size_bytes;
	r = sqfs_super_write(super, file);
	return r ? r
		 : file->truncate(file, (super->bytes_used + SQUASH_PAGE - 1) &
						~(uint64_t)(SQUASH_PAGE - 1));
}

static void done(struct squash *squash)
{
	sqfs_destroy(squash->data); /* its threads end before what they use */
	sqfs_destroy(squash->dir);
	sqfs_destroy(squash->dirs);
	sqfs_destroy(squash->inodes);
	sqfs_destroy(squash->xattrs);
	sqfs_destroy(squash->ids);
	sqfs_destroy(squash->fragments);
	sqfs_destroy(squash->blocks);
	sqfs_destroy(squash->uncompressor);
	sqfs_destroy(squash->compressor);
	for (uint32_t i = 0; squash->slots && i <= squash->count; i++)
		free(squash->slots[i].file);
	free(squash->slots);
}

int squash_write(struct tree_node *root, const struct squash_options *options, int out_fd,
		 struct progress *progress, struct err *err)
{
	struct squash squash = { .root = root, .options = options, .progress = progress };
	int r, e;

	squash_file_init(&squash.file, out_fd);
	e = start(&squash);
	r = e ? squash_error(&squash, e, err) : squash_put_data(&squash, err);
	if (r == 0) {
		e = finish(&squash);
		r = e ? squash_error(&squash, e, err) : 0;
	}
	done(&squash);
	return r;
}
