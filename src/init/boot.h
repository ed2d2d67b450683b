/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* One boot, from the kernel's hand-over to the application's. */
#include "base/err.h"

/* Boots. Returns only on failure, -errno with the whole reason, and then nothing is
 * mounted but /dev, /proc, /sys and /run. Uses static memory: once per process. */
int boot_run(struct err *err);
