/* SPDX-License-Identifier: Apache-2.0 */
/* The examples of RFC 5869. */
#include "trust/hkdf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static uint8_t bytes[256];

static const uint8_t *from(uint8_t first, size_t count)
{
	for (size_t i = 0; i < count; i++)
		bytes[i] = (uint8_t)(first + i);
	return bytes;
}

static void assert_key(const uint8_t *key, size_t size, const char *hex)
{
	char text[2 * 128 + 1];

	str_hex_encode(key, size, text);
	assert_string_equal(text, hex);
}

static void basic(void **state)
{
	static const char what_for[] = "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9";
	uint8_t secret[22], key[42];

	(void)state;
	memset(secret, 0x0b, sizeof(secret));
	assert_int_equal(hkdf_key(secret, sizeof(secret), from(0, 13), 13, what_for, key,
				  sizeof(key)),
			 0);
	assert_key(key, sizeof(key),
		   "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
		   "34007208d5b887185865");
}

/* A salt that is longer than a block, and a key of more than two steps. */
static void longer(void **state)
{
	char what_for[81] = "";
	uint8_t secret[80], key[82];

	(void)state;
	memcpy(what_for, from(0xb0, 80), 80);
	memcpy(secret, from(0, 80), 80);
	assert_int_equal(hkdf_key(secret, sizeof(secret), from(0x60, 80), 80, what_for,
				  key, sizeof(key)),
			 0);
	assert_key(key, sizeof(key),
		   "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
		   "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
		   "cc30c58179ec3e87c14c01d5c1f3434f1d87");
}

static void nothing_to_it(void **state)
{
	uint8_t secret[22], key[42];

	(void)state;
	memset(secret, 0x0b, sizeof(secret));
	assert_int_equal(hkdf_key(secret, sizeof(secret), "", 0, "", key, sizeof(key)),
			 0);
	assert_key(key, sizeof(key),
		   "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
		   "9d201395faa4b61a96c8");
	assert_int_equal(hkdf_key(secret, sizeof(secret), "", 0, "", NULL, 255 * 32 + 1),
			 -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(basic),
		cmocka_unit_test(longer),
		cmocka_unit_test(nothing_to_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
