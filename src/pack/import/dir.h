/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A directory of the workstation as a source of entries, like tar.h. */
#include "base/err.h"
#include "pack/import/tar.h"
#include "pack/tree/content.h"
#include "pack/tree/tree.h"

struct dir_owner {
	uint32_t uid, gid;
};

struct dir_options {
	const struct dir_owner *owner; /* of all of it; NULL: whose it is on the disk */
	int output; /* a directory that the image is written to, and no part of it */
};

/*
 * Calls @entry for everything below @content's directory, and for itself as ".". Names of
 * one file become hard links. 0 or -errno with the path.
 */
int dir_read(struct tree *tree, const struct content *content,
	     const struct dir_options *options, tar_entry_fn *entry, void *context,
	     struct tar_notes *ret_notes, struct err *err);
