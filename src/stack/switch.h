/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* From the initramfs into the new root. */
#include <stdbool.h>

#include "base/err.h"

/* Is @path, absolute, one of the names below or below one? With @run, /run is one. */
bool switch_moves(const char *path, bool run);

/* Moves /dev, /proc, /sys and /run to the same names below @new_root, which are made
 * where they are missing; links in the image end at its root. On failure what was moved
 * is back in its place. 0 or -errno with the name. From here on nothing works that needs
 * the old /proc. */
int switch_move_mounts(const char *new_root, struct err *err);

/* Moves them back. 0 or -errno: some are lost. */
int switch_move_back(const char *new_root);

/*
 * Makes @new_root (a mount) the root, by pivot_root where the kernel can, else by MS_MOVE
 * and chroot, and leaves "/" as working directory. Then frees the initramfs: its files,
 * only if it is ramfs or tmpfs, and whatever else is still mounted in it. What can't be
 * freed stays where nobody sees it: memory, not a reason to stop a boot. 0, or -errno
 * while the old root is still there; there is no way back after that.
 */
int switch_root(const char *new_root, struct err *err);
