/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What a container's root has beside the stack: /dev, /proc, /sys, and the way into it. */
#include "container/start.h"

/* In a mount namespace of the caller's own: mounts all of it below @container's root. 0 or
 * -errno; what was mounted stays, and goes with the namespace. */
int root_build(const struct container *container, struct err *err);

/* Makes the directory @root (a mount) the root and leaves nothing of the old one. 0 or
 * -errno. */
int root_enter(const char *root, struct err *err);
