/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Extended attributes of images: which may be there, and lists of them. */
#include <stddef.h>

#include "base/err.h"
#include "pack/tree/tree.h"

/*
 * Puts a copy into the list, sorted by name; a later one of a name wins. 1: kept; 0: left
 * out, because squashfs only has a place for user., trusted. and security.; -EINVAL:
 * overlayfs would obey it; -ENOMEM.
 */
int xattr_add(struct tree *tree, struct tree_xattr **list, const char *name,
	      const void *value, size_t size, struct err *err);
