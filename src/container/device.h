/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Devices of the machine that a manifest gives its program. */
#include "container/start.h"

/* Makes those that @container's manifest names in its own /dev, the directory @dev, as they are
 * in the caller's: only here do nodes work, and nobody inside can make one. They belong to its
 * user. 0 or -errno: one isn't there, or holds a file system. */
int device_make(int dev, const struct container *container, struct err *err);
