/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The keys a device trusts. lamina-keyring(5) is the format's source. */
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "format/signature.h"

#define KEYRING_MAX_SIZE 4096
#define KEYRING_MAX_KEYS 16
#define KEYRING_POINT_SIZE 65 /* 0x04 X Y */

struct keyring_key {
	char id[KEY_ID_SIZE];
	uint8_t point[KEYRING_POINT_SIZE];
};

struct keyring {
	struct keyring_key keys[KEYRING_MAX_KEYS];
	size_t count; /* 1 or more after a good parse */
};

/* Reads `key <id> ecdsa-p256-sha256 <base64 point>` lines. Does not compute that ids
 * belong to their points (that takes sha256: trust/key.h). 0, -EBADMSG (an id or a point
 * twice too), or -EFBIG. */
int keyring_parse(const char *bytes, size_t size, struct keyring *ret_keyring,
		  struct err *err);

/* Returns the text's size or -ENAMETOOLONG. */
int keyring_write(const struct keyring *keyring, char *ret_text, size_t size);

/* The key of that id, or NULL. */
const struct keyring_key *keyring_find(const struct keyring *keyring, const char *id);
