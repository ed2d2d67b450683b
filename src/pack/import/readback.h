/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Reads a squashfs back and compares it with the layer it should hold, entry by entry and
 * byte by byte. The reader is sqfs2tar of squashfs-tools-ng, then libarchive;
 * the writer is ours over the writing half of libsquashfs. What both could have wrong
 * alike, kernel and unsquashfs tell in the tests.
 */
#include <stdbool.h>

#include "base/err.h"
#include "pack/tree/tree.h"

struct progress;

struct readback_options {
	struct progress *progress;
};

/* @fd: the squashfs, above 2. 0; -EBADMSG with the path and what differs; -ENOENT when
 * sqfs2tar is not installed; -errno. */
int readback_check(const struct tree *tree, const struct tree_node *root, int fd,
		   const struct readback_options *options, struct err *err);
