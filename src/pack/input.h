/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Small files that people name on the command line. */
#include <stddef.h>

#include "base/err.h"
#include "format/keyring.h"

/* Reads the whole file @path, at most @room bytes. Returns its size; -EFBIG when it has more;
 * -EISDIR; -errno. A text begins with @path. */
int input_read(const char *path, void *ret_bytes, size_t room, struct err *err);

/* Adds the public key of the PEM file @path to @ring (which starts zeroed). One key twice is
 * fine and counts once. 0; -EBADMSG, -ENOTSUP, -E2BIG; -errno. */
int input_add_key(struct keyring *ring, const char *path, struct err *err);

/* Reads a keyring(5) file and checks that ids belong to points. 0, -EBADMSG, -errno. */
int input_keyring(const char *path, struct keyring *ret_ring, struct err *err);
