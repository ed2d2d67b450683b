/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The empty file system that a device writes where a volume has a size, or is encrypted: no
 * program that makes one need be there. The device lets it grow to all of the medium. */
#include "base/err.h"
#include "pack/device/cpio.h"

/* Has mke2fs make it, and adds it to an initramfs as init/vault/template.h has it. 0 or -errno. */
int empty_add(struct cpio *cpio, struct err *err);
