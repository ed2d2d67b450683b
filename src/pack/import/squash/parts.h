/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the files of this folder share; squash.h is for everybody else. */
#include <sqfs/block.h>
#include <sqfs/block_processor.h>
#include <sqfs/block_writer.h>
#include <sqfs/compressor.h>
#include <sqfs/dir_writer.h>
#include <sqfs/error.h>
#include <sqfs/frag_table.h>
#include <sqfs/id_table.h>
#include <sqfs/inode.h>
#include <sqfs/io.h>
#include <sqfs/meta_writer.h>
#include <sqfs/super.h>
#include <sqfs/table.h>
#include <sqfs/xattr_writer.h>
#include <stdbool.h>

#include "pack/import/squash.h"

/* The output file as libsquashfs sees one; remembers why an access failed. */
struct squash_file {
	sqfs_file_t base; /* first: libsquashfs knows nothing of the rest */
	int fd;		  /* borrowed */
	uint64_t size_bytes;
	int error; /* -errno of what failed first */
};

void squash_file_init(struct squash_file *file, int fd);

/* One for each direction, the caller's to sqfs_destroy(). 0 or an SQFS_ERROR. */
int squash_compressor(const struct squash_options *options, bool uncompress,
		      sqfs_compressor_t **ret_compressor);

/* @inner, which compresses with zstd, made faster: the same bytes. Owns it where it succeeds.
 * 0 or an SQFS_ERROR. */
int squash_zstd(sqfs_compressor_t *inner, sqfs_compressor_t **ret_compressor);

/* An inode while its file system is written. */
struct squash_slot {
	sqfs_inode_generic_t *file; /* a regular file's, from its data on; owned */
	uint64_t ref;		    /* where it stands in the inode table */
	bool written;
};

struct squash {
	struct tree_node *root;
	const struct squash_options *options;
	struct progress *progress;
	struct squash_file file;
	sqfs_super_t super;
	sqfs_compressor_t *compressor, *uncompressor;
	sqfs_block_writer_t *blocks;
	sqfs_frag_table_t *fragments;
	sqfs_block_processor_t *data;
	sqfs_id_table_t *ids;
	sqfs_xattr_writer_t *xattrs;
	sqfs_meta_writer_t *inodes, *dirs;
	sqfs_dir_writer_t *dir;
	struct squash_slot *slots; /* by inode number, from 1 on */
	uint32_t count;
};

/* The node that the inode of @node is written for: of a hard link, its first name. */
static inline const struct tree_node *squash_owner(const struct tree_node *node)
{
	return node->inode && node->inode->first ? node->inode->first : node;
}

/* What an SQFS_ERROR of @squash means. -errno. */
int squash_error(const struct squash *squash, int error, struct err *err);

/* Compresses and writes every file's bytes, and waits until they are. 0 or -errno. */
int squash_put_data(struct squash *squash, struct err *err);

/* Writes inodes and directories. 0 or an SQFS_ERROR. */
int squash_put_tree(struct squash *squash);
