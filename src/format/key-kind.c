/* SPDX-License-Identifier: Apache-2.0 */
#include "format/key-kind.h"

#include <errno.h>

#include "format/lines.h"
#include "format/signature.h"

static const char *const names[KEY_KINDS] = {
	[KEY_P256] = "ecdsa-p256-sha256",
	[KEY_RSA] = "rsa-pkcs1-sha256",
};

const char *key_kind_name(enum key_kind kind)
{
	return names[kind];
}

int key_kind_find(const char *word, size_t size)
{
	for (int i = 0; i < KEY_KINDS; i++)
		if (lines_equal(word, size, names[i]))
			return i;
	return -ENOENT;
}

static bool is_rsa_size(size_t size)
{
	return size == 256 || size == 384 || size == 512;
}

/* All bits of a modulus are used, and the arithmetic is for odd numbers. */
bool key_kind_is_key(enum key_kind kind, const uint8_t *bytes, size_t size)
{
	if (kind == KEY_P256)
		return size == KEY_POINT_SIZE && bytes[0] == 0x04;
	return is_rsa_size(size) && bytes[0] & 0x80 && bytes[size - 1] & 1;
}

bool key_kind_is_signature(enum key_kind kind, const uint8_t *bytes, size_t size)
{
	uint8_t raw[64];

	if (kind == KEY_P256)
		return signature_der_decode(bytes, size, raw) == 0;
	return is_rsa_size(size);
}
