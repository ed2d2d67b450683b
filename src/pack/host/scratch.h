/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Large temporary files without a name: whatever ends the process takes them away. */
#include "base/err.h"

/* They lie in $TMPDIR, or in /var/tmp, which is a disk. */

/* An empty directory there, whose name has @what in it. @ret_path is the caller's to free, and the
 * directory to remove. 0 or -errno. */
int scratch_make_directory(const char *what, char **ret_path, struct err *err);

/* Takes it away with all that is in it, and frees @path. */
void scratch_drop_directory(char *path);

/* An empty file there, open for reading and writing. An fd
 * the caller owns, or -errno. */
int scratch_open(struct err *err);
