/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Large temporary files without a name: whatever ends the process takes them away. */
#include "base/err.h"

/* Where such files lie: $TMPDIR, or /var/tmp, which is a disk. */
const char *scratch_directory(void);

/* An empty file there, open for reading and writing. An fd
 * the caller owns, or -errno. */
int scratch_open(struct err *err);
