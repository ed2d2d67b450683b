/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Flash of a guest: an MTD partition called "ubi", of which UBI makes volumes. */
#include "base/err.h"

#define FLASH_STORE "/dev/ubi0_0"

/* Makes flash of the block device @path, with erase blocks of FLASH_BLOCK. 0 or -errno. */
int flash_make(const char *path, struct err *err);

/* UBI looks at what is there, and does what it does after a power cut; or lets go of it. 0 or
 * -errno. */
int flash_attach(struct err *err);
int flash_detach(struct err *err);
