/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the kernel leaves to the first program: /dev, /proc, /sys, /run. */
#include "base/err.h"

/* Mounts them; one that is mounted already is left alone. Adds /dev/fd, stdin, stdout,
 * stderr. 0 or -errno. */
int early_mounts(struct err *err);
