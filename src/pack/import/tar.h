/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Reading an uncompressed tar in all its forms (v7, ustar, pax, GNU, sparse): its entries
 * go to a callback, with the places of their bytes instead of the bytes.
 */
#include <stdint.h>

#include "base/err.h"
#include "pack/tree/content.h"
#include "pack/tree/layer.h"
#include "pack/tree/tree.h"

typedef int tar_entry_fn(void *context, const struct layer_entry *entry, struct err *err);

struct tar_notes {
	uint64_t foreign_xattrs; /* of kinds that squashfs has no place for: posix ACLs,
				    system.* */
	uint64_t
		own; /* of a directory: files of the user who packs, unless that is root */
	uint64_t behind_end; /* bytes that follow the end mark */
	uint64_t outputs;    /* of a directory: the one that the image is written to */
};

/*
 * Calls @entry for each entry of the tar in @content, in order. xattrs and extents are
 * put into
 * @tree's arena. 0; -EBADMSG for a damaged or truncated tar; -EINVAL for an xattr that no
 * image may have; what @entry returns when negative.
 */
int tar_read(struct tree *tree, const struct content *content, tar_entry_fn *entry,
	     void *context, struct tar_notes *ret_notes, struct err *err);
