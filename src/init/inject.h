/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Device-local files of the store, copied over the stack where the signed manifest allows
 * it. */
#include "init/stage.h"

#define INJECT_MAX_SIZE 1048576 /* bytes: it is memory that they are copied to */

/* Copies inject/@path of the store to @path. A file that the image has there gives its
 * mode and owner, otherwise the store's file does; setuid, setgid and sticky never come
 * along. Replaces, never writes through a link. 1 when copied, 0 when the store has none, or -errno. */
int inject_copy(const struct part *part, const char *path, struct err *err);
