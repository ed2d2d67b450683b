/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* NAND that nandsim made in memory, the guest's first MTD device: pages of 2 KiB, in blocks that are erased
 * whole. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* As ubi_attach() is told of it. */
#define NAND_VOLUME "NAND simulator partition 0/lamina-data"

/* Was the kernel told of one? Without that nandsim makes another one, of small pages. */
bool nand_is_there(void);

/* Makes it hold @size bytes, with what is not all ones programmed page by page. UBI must have let go
 * of it. 0 or -errno. */
int nand_put(const uint8_t *bytes, size_t size, struct err *err);

/* What it holds at this moment, whoever is about to write there, into the file @path. 0 or -errno. */
int nand_get(const char *path, struct err *err);
