/* SPDX-License-Identifier: Apache-2.0 */
/* Inodes and directories: a directory's children first, then its list, then itself. */
#include <stdlib.h>
#include <string.h>

#include "pack/import/squash/parts.h"

#define NO_XATTRS 0xffffffff
#define NO_FRAGMENT 0xffffffff

static const struct tree_inode whiteout = { .mode = S_IFCHR, .names = 1 };

static const struct tree_inode *inode_of(const struct tree_node *node)
{
	return node->inode ? node->inode : &whiteout;
}

static int put_xattrs(struct squash *squash, const struct tree_node *node,
		      uint32_t *ret_index)
{
	sqfs_xattr_writer_t *to = squash->xattrs;
	int r = sqfs_xattr_writer_begin(to, 0);

	for (const struct tree_xattr *x = inode_of(node)->xattrs; x && r == 0;
	     x = x->next)
		r = sqfs_xattr_writer_add(to, x->name, x->value, x->size);
	if (r == 0 && node->flags & TREE_OPAQUE)
		r = sqfs_xattr_writer_add(to, "trusted.overlay.opaque", "y", 1);
	return r ? r : sqfs_xattr_writer_end(to, ret_index);
}

/* As the kernel encodes a device's number. */
static uint32_t device(const struct tree_inode *inode)
{
	return (inode->minor & 0xff) | inode->major << 8 | (inode->minor & ~0xffU) << 12;
}

static sqfs_inode_generic_t *new_other(const struct tree_inode *inode)
{
	size_t target = S_ISLNK(inode->mode) ? strlen(inode->target) : 0;
	sqfs_inode_generic_t *out = calloc(1, sizeof(*out) + target);

	if (!out)
		return NULL;
	switch (inode->mode & S_IFMT) {
	case S_IFREG: /* an empty one */
		out->base.type = SQFS_INODE_FILE;
		out->data.file.fragment_index = NO_FRAGMENT;
		break;
	case S_IFLNK:
		out->base.type = SQFS_INODE_SLINK;
		out->data.slink.nlink = inode->names;
		out->data.slink.target_size = (uint32_t)target;
		memcpy(out->extra, inode->target, target);
		break;
	case S_IFIFO:
		out->base.type = SQFS_INODE_FIFO;
		out->data.ipc.nlink = inode->names;
		break;
	default:
		out->base.type = S_ISBLK(inode->mode) ? SQFS_INODE_BDEV : SQFS_INODE_CDEV;
		out->data.dev.nlink = inode->names;
		out->data.dev.devno = device(inode);
	}
	return out;
}

/* Gives it what every kind has, and its place in the table. */
static int put_inode(struct squash *squash, const struct tree_node *node,
		     sqfs_inode_generic_t *out, uint32_t xattrs)
{
	struct squash_slot *slot = &squash->slots[node->number];
	const struct tree_inode *inode = inode_of(node);
	uint64_t block;
	uint32_t offset;
	int r;

	out->base.mode = (uint16_t)inode->mode;
	out->base.mod_time = inode->mtime;
	out->base.inode_number = node->number;
	r = sqfs_inode_set_xattr_index(out, xattrs);
	if (r == 0 && S_ISREG(inode->mode) && inode->names > 1)
		r = sqfs_inode_make_extended(out);
	if (out->base.type == SQFS_INODE_EXT_FILE)
		out->data.file_ext.nlink = inode->names;
	if (r == 0)
		r = sqfs_id_table_id_to_index(squash->ids, inode->uid,
					      &out->base.uid_idx);
	if (r == 0)
		r = sqfs_id_table_id_to_index(squash->ids, inode->gid,
					      &out->base.gid_idx);
	sqfs_meta_writer_get_position(squash->inodes, &block, &offset);
	slot->ref = block << 16 | offset;
	slot->written = true;
	return r ? r : sqfs_meta_writer_write_inode(squash->inodes, out);
}

static int put_other(struct squash *squash, const struct tree_node *node)
{
	struct squash_slot *slot = &squash->slots[node->number];
	sqfs_inode_generic_t *out;
	uint32_t xattrs = NO_XATTRS;
	int r;

	if (slot->written)
		return 0;
	out = slot->file ? slot->file : new_other(inode_of(node));
	slot->file = NULL;
	r = out ? put_xattrs(squash, node, &xattrs) : SQFS_ERROR_ALLOC;
	if (r == 0)
		r = put_inode(squash, node, out, xattrs);
	free(out);
	return r;
}

static int put_list(struct squash *squash, const struct tree_node *dir)
{
	int r = sqfs_dir_writer_begin(squash->dir, 0);

	for (const struct tree_node *node = dir->child; node && r == 0;
	     node = node->next) {
		const struct tree_node *owner = squash_owner(node);

		r = sqfs_dir_writer_add_entry(squash->dir, node->name, owner->number,
					      squash->slots[owner->number].ref,
					      (uint16_t)inode_of(node)->mode);
	}
	return r ? r : sqfs_dir_writer_end(squash->dir);
}

/* @subdirs: how many directories are in it, for its count of links. */
static int put_dir(struct squash *squash, const struct tree_node *dir, uint32_t subdirs)
{
	uint32_t parent = dir == squash->root ? squash->count + 1 : dir->parent->number;
	uint32_t xattrs = NO_XATTRS, links = subdirs + 2;
	sqfs_inode_generic_t *out;
	int r = put_list(squash, dir);

	if (r == 0)
		r = put_xattrs(squash, dir, &xattrs);
	if (r)
		return r;
	out = sqfs_dir_writer_create_inode(squash->dir, 0, xattrs, parent);
	if (!out)
		return SQFS_ERROR_ALLOC;
	if (out->base.type == SQFS_INODE_EXT_DIR)
		out->data.dir_ext.nlink = links;
	else
		out->data.dir.nlink = links;
	r = put_inode(squash, dir, out, xattrs);
	free(out);
	return r;
}

/* No deeper than RESOLVE_DEPTH_MAX. */
static int put_below(struct squash *squash, const struct tree_node *dir)
{
	uint32_t subdirs = 0;
	int r = 0;

	for (const struct tree_node *node = dir->child; node && r == 0; node = node->next)
		if (tree_is_dir(node)) {
			subdirs++;
			r = put_below(squash, node);
		}
	for (const struct tree_node *node = dir->child; node && r == 0; node = node->next)
		if (!tree_is_dir(node))
			r = put_other(squash, squash_owner(node));
	return r ? r : put_dir(squash, dir, subdirs);
}

int squash_put_tree(struct squash *squash)
{
	sqfs_super_t *super = &squash->super;
	uint32_t root = squash->root->number;
	int r;

	super->inode_table_start = squash->file.size_bytes;
	r = put_below(squash, squash->root);
	if (r == 0)
		r = sqfs_meta_writer_flush(squash->inodes);
	if (r == 0)
		r = sqfs_meta_writer_flush(squash->dirs);
	if (r)
		return r;
	super->root_inode_ref = squash->slots[root].ref;
	super->inode_count = squash->count;
	super->directory_table_start = squash->file.size_bytes;
	r = sqfs_meta_write_write_to_file(squash->dirs);
	if (r == 0)
		r = sqfs_frag_table_write(squash->fragments, &squash->file.base, super,
					  squash->compressor);
	return r ? r
		 : sqfs_dir_writer_write_export_table(squash->dir, &squash->file.base,
						      squash->compressor, root,
						      super->root_inode_ref, super);
}
