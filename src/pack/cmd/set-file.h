/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The text file that says what a set is made of. lamina-set(5) is the format's source. */
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "format/manifest/key.h"
#include "pack/cmd/set-members.h"

#define SET_FILE_MAX_SIZE 65536

struct set_file {
	struct manifest *manifest;
	struct set_members *members;
	/* The command line has said it, and counts: of what is said once. */
	bool said[MANIFEST_KEYS];
};

/* Reads the file @path: keys into the manifest, behind what its lists have, and members behind
 * those that are there. 0; -EBADMSG with the line and the reason; -ENOMEM; -EFBIG, -EISDIR,
 * -errno of reading. A text begins with @path. */
int set_file_read(const struct set_file *file, const char *path, struct err *err);
