/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* From the initramfs into the new root. */
#include "base/err.h"

/* Moves /dev, /proc, /sys and /run to the same names below @new_root; a name missing there is
 * an error that names it unless it could be made. 0 or -errno. */
int switch_move_mounts(const char *new_root, struct err *err);

/* Frees the initramfs' files (only what is on the first root's file system, and only if that is ramfs
 * or tmpfs), makes @new_root the root, by pivot_root where the kernel can, else MS_MOVE and chroot,
 * and leaves "/" as working directory. No way back after the first step. 0 or -errno. */
int switch_root(const char *new_root, struct err *err);
