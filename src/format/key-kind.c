/* SPDX-License-Identifier: Apache-2.0 */
#include "format/key-kind.h"

#include <errno.h>

#include "format/der.h"
#include "format/lines.h"

static bool is_point(const uint8_t *bytes, size_t size)
{
	return size == KEY_POINT_SIZE && bytes[0] == 0x04;
}

static bool is_der(const uint8_t *bytes, size_t size)
{
	uint8_t raw[DER_RAW_SIZE];

	return der_decode(bytes, size, raw) == 0;
}

static bool is_rsa_size(const uint8_t *bytes, size_t size)
{
	(void)bytes;
	return size == 256 || size == 384 || size == 512;
}

/* All bits of a modulus are used, and the arithmetic is for odd numbers. */
static bool is_modulus(const uint8_t *bytes, size_t size)
{
	return is_rsa_size(bytes, size) && bytes[0] & 0x80 && bytes[size - 1] & 1;
}

static const struct {
	const char *name;
	bool (*is_key)(const uint8_t *bytes, size_t size);
	bool (*is_signature)(const uint8_t *bytes, size_t size);
} kinds[KEY_KINDS] = {
	[KEY_P256] = { "ecdsa-p256-sha256", is_point, is_der },
	[KEY_RSA] = { "rsa-pkcs1-sha256", is_modulus, is_rsa_size },
};

const char *key_kind_name(enum key_kind kind)
{
	return kinds[kind].name;
}

int key_kind_find(const char *word, size_t size)
{
	for (int i = 0; i < KEY_KINDS; i++)
		if (lines_equal(word, size, kinds[i].name))
			return i;
	return -ENOENT;
}

bool key_kind_is_key(enum key_kind kind, const uint8_t *bytes, size_t size)
{
	return kinds[kind].is_key(bytes, size);
}

bool key_kind_is_signature(enum key_kind kind, const uint8_t *bytes, size_t size)
{
	return kinds[kind].is_signature(bytes, size);
}
