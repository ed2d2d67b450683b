/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What of a store goes onto a disk. */
#include <stdbool.h>

#include "base/err.h"
#include "pack/device/disk.h"

/* Adds every file of @store to @tree, without looking at it. 0 or -errno. */
int disk_store_all(int store, struct disk_tree *tree, struct err *err);

/* Adds the images, or the one whose id begins with @prefix, each looked at byte by byte, and
 * what else a store may hold for the device. @ret_images has what the boot record is made of.
 * 0 or -errno: -EPERM for an image that nobody signed, unless @force; -ENOENT for none. */
int disk_store_images(int store, const char *prefix, bool force, struct disk_tree *tree,
		      struct disk_images *ret_images, struct err *err);
