/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Reads a squashfs back and compares it with the layer it should hold, entry by entry and
 * byte by byte. The reader (sqfs2tar of squashfs-tools-ng, then libarchive) shares no
 * code with the writer (our tar headers, then sqfstar).
 */
#include <stdbool.h>

#include "base/err.h"
#include "pack/tree/tree.h"

struct progress;

struct readback_options {
	bool root_time; /* compare the root's mtime: not with sqfstar before 4.6 */
	struct progress *progress;
};

/* @fd: the squashfs, above 2. 0; -EBADMSG with the path and what differs; -ENOENT when
 * sqfs2tar is not installed; -errno. */
int readback_check(const struct tree *tree, const struct tree_node *root, int fd,
		   const struct readback_options *options, struct err *err);
