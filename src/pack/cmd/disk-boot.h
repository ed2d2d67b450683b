/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What of a disk a boot loader starts. */
#include "base/err.h"
#include "pack/device/disk.h"

/* The value of --boot-loader. 0 or CMD_USAGE. */
int disk_boot_loader(const char *text, enum disk_loader *ret_loader, struct err *err);

/* What the first slot holds: the file @path, or where that is NULL the boot blob of @image, the
 * one that starts, which may be NULL. An fd the caller owns; -ENOENT: neither; -errno. */
int disk_boot_open(const char *path, int store, const struct disk_image *image,
		   uint64_t *ret_bytes, struct err *err);
