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

/* The value of --firmware, AT:FILE: one more of @boot, whose fd the caller owns. 0, CMD_USAGE or
 * -errno. */
int disk_boot_firmware(const char *text, struct disk_boot *boot, struct err *err);
/* The value of --boot-files. The fd in @boot is the caller's. 0, CMD_USAGE or -errno. */
int disk_boot_files(const char *path, struct disk_boot *boot, struct err *err);
/* Closes what both have opened. */
void disk_boot_close(struct disk_boot *boot);
