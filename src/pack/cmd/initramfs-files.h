/* SPDX-License-Identifier: Apache-2.0 */
/* What is in an initramfs: init, policy, keyring, and what a device is given besides. */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "format/boot-id.h"
#include "format/keyring.h"
#include "pack/device/cpio.h"

struct initramfs_files {
	const char *init, *ctl, *udhcpc, *policy; /* ctl, udhcpc: NULL for none */
	const char *kernel; /* the boot id is made of it and of the rest; or NULL */
	char boot_id[BOOT_ID_SIZE]; /* "": none */
	struct keyring ring;
	char **adds; /* PATH=FILE, borrowed */
	size_t add_count;
};

/* Init, laminactl and the DHCP client must be programs that the kernel can start without
 * anything else there. Notes of the others which can't be. */
int initramfs_files_check(const struct initramfs_files *files, struct err *err);

/* All of them, and the archive's end. With a kernel, boot_id is what was made of it. */
int initramfs_files_add(struct initramfs_files *files, struct cpio *cpio,
			struct err *err);
