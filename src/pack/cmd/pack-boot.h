/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The kernel and initramfs that an image brings along. */
#include "base/err.h"
#include "format/manifest.h"
#include "pack/host/staging.h"

struct pack_boot {
	const char *path; /* of the boot blob; NULL: the image has none */
	const char *id;	  /* NULL: what the blob's initramfs says */
};

/* Do the options make sense together? 0 or CMD_USAGE. */
int pack_boot_check(const struct pack_boot *boot, const char *command, struct err *err);

/* Puts the blob into @staging and its line into @manifest. 0; -ENOENT: no id is to be found;
 * -EINVAL: it is another one; -errno. */
int pack_boot_add(const struct pack_boot *boot, struct staging *staging,
		  struct manifest *manifest, struct err *err);
