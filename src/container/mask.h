/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What a confined program must not read or change below /proc and /sys. */
#include "base/err.h"

/* @proc, @sys and @dev are the roots of those three mounts, made a moment ago and not seen by
 * anybody else yet. What the kernel has not is passed over. 0 or -errno. */
int mask_make(int proc, int sys, int dev, struct err *err);
