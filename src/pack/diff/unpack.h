/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Finished layers read into memory again: what a device would see of an image, with the
 * digests of the files' contents in place of the contents.
 */
#include <stdint.h>

#include "base/err.h"
#include "pack/tree/tree.h"
#include "trust/sha256.h"

struct progress;

/* Reads the squashfs in @fd (above 2) into the tree's arena. Whiteouts are TREE_WHITEOUT
 * and have no inode, directories that hide the lower layers' are TREE_OPAQUE. 0; -EBADMSG
 * with the path; -ENOENT when sqfs2tar isn't installed; -errno. */
int unpack_layer(struct tree *tree, int fd, struct progress *progress,
		 struct tree_node **ret_root, struct err *err);

/* The sha256 of a regular file that unpack_layer() read. */
const struct digest *unpack_digest(const struct tree_inode *inode);

/* Lays the layer @from over the merged view @into as overlayfs would. The nodes' layer
 * becomes
 * @number; inodes are shared with @from. 0 or -ENOMEM. */
int unpack_merge(struct tree *tree, struct tree_node *into, const struct tree_node *from,
		 uint32_t number);
