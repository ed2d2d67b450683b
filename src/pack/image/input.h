/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Small files that people name on the command line. */
#include <stddef.h>

#include "base/err.h"
#include "format/keyring.h"

/* Reads the whole file @path, at most @room bytes. Returns its size; -EFBIG when it has more;
 * -EISDIR; -errno. A text begins with @path. */
int input_read(const char *path, void *ret_bytes, size_t room, struct err *err);

struct private_key;

/* Reads the private key of the PEM file @path, whose errors name it; private_key_done() ends it.
 * 0; private_key_read_pem()'s, or input_read()'s. */
int input_private_key(const char *path, struct private_key *ret_key, struct err *err);

/* Adds the public key of the PEM file @path to @ring (which starts zeroed). One key twice is
 * fine and counts once. 0; -EBADMSG, -ENOTSUP, -E2BIG; -errno. */
int input_add_key(struct keyring *ring, const char *path, struct err *err);

/* Adds the keys of the lamina-keyring(5) file @path, whose ids must belong to their keys. 0;
 * -EBADMSG, -E2BIG; -errno. */
int input_keyring(struct keyring *ring, const char *path, struct err *err);
