/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The keys a device trusts. lamina-keyring(5) is the format's source. */
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "format/key-line.h"

#define KEYRING_MAX_SIZE 12288
#define KEYRING_MAX_KEYS 16

struct keyring {
	size_t count; /* 1 or more after a good parse; first, beside what is used of keys */
	struct key_line keys[KEYRING_MAX_KEYS];
};

/* Reads `key <id> <algorithm> <base64>` lines, keys of every kind. Does not compute that
 * ids belong to their keys (that takes sha256: trust/key.h). 0, -EBADMSG (an id or a key
 * twice too), or -EFBIG. */
int keyring_parse(const char *bytes, size_t size, struct keyring *ret_keyring,
		  struct err *err);

/* Returns the text's size or -ENAMETOOLONG. */
int keyring_write(const struct keyring *keyring, char *ret_text, size_t size);

/* The key of that id, or NULL. */
const struct key_line *keyring_find(const struct keyring *keyring, const char *id);
