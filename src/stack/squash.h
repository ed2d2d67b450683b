/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Mounting a squashfs device. */
#include "base/err.h"

/* Mounts @device read-only, nodev, at @target. 0 or -errno with the kernel's own words.
 */
int squash_mount(const char *device, const char *target, struct err *err);
