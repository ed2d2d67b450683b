/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/str.h"
#include "bytes.h"
#include "format/der.h"
#include "trust/key.h"
#include "trust/private-key.h"
#include "trust/sha256.h"

static void from_hex(const char *text, uint8_t *ret_bytes, size_t count)
{
	assert_int_equal(str_hex_decode(text, strlen(text), ret_bytes, count), 0);
}

/* A ring of one key. */
static struct keyring ring_of(const struct private_key *key)
{
	struct keyring ring = { .count = 1 };

	ring.keys[0] = key->public;
	return ring;
}

/* RFC 6979, A.2.5: P-256 with SHA-256. */
static void rfc_6979(void **state)
{
	static const char secret[] =
		"c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
	static const char point[] =
		"0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
		"7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
	static const struct {
		const char *message, *raw;
	} vectors[] = {
		{ "sample",
		  "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
		  "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8" },
		{ "test",
		  "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
		  "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083" },
	};
	uint8_t bytes[32], wanted[KEY_POINT_SIZE], raw[64], wanted_raw[64];
	struct key_line line;
	struct err err = ERR_INIT;
	struct private_key key;

	(void)state;
	from_hex(secret, bytes, sizeof(bytes));
	from_hex(point, wanted, sizeof(wanted));
	assert_int_equal(private_key_from_secret(KEY_P256, bytes, 32, &key, &err), 0);
	assert_memory_equal(key.public.bytes, wanted, sizeof(wanted));
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		const char *message = vectors[i].message;

		from_hex(vectors[i].raw, wanted_raw, sizeof(wanted_raw));
		assert_int_equal(
			private_key_sign(&key, message, strlen(message), &line, &err), 0);
		assert_int_equal(der_decode(line.bytes, line.size, raw), 0);
		assert_memory_equal(raw, wanted_raw, sizeof(raw));
	}
}

static void secrets_out_of_range(void **state)
{
	static const char *const bad[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	};
	struct err err = ERR_INIT;
	struct private_key key;
	uint8_t secret[32];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		from_hex(bad[i], secret, sizeof(secret));
		assert_refused(private_key_from_secret(KEY_P256, secret, 32, &key, &err),
			       -EBADMSG, err, "the secret is out of range");
	}
	from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550",
		 secret, sizeof(secret));
	assert_int_equal(private_key_from_secret(KEY_P256, secret, 32, &key, &err), 0);
}

/* New keys differ, sign so that key_verify() agrees, and sign twice the same. */
static void new_keys(void **state)
{
	struct signature_file file = { .count = 1 };
	struct private_key first, key, again;
	struct key_line line;
	struct err err = ERR_INIT;
	struct keyring ring;
	char text[20];

	(void)state;
	assert_int_equal(private_key_new(0, &first, &err), 0);
	for (int i = 0; i < 20; i++) {
		int size = snprintf(text, sizeof(text), "message %d", i);

		assert_int_equal(private_key_new(0, &key, &err), 0);
		assert_memory_not_equal(&key, &first, sizeof(key));
		assert_int_equal(private_key_from_secret(KEY_P256, key.secret,
							 key.secret_size, &again, &err),
				 0);
		assert_memory_equal(&key, &again, sizeof(key));
		ring = ring_of(&key);
		assert_int_equal(
			private_key_sign(&key, text, (size_t)size, &file.lines[0], &err),
			0);
		assert_int_equal(
			key_verify(text, (size_t)size, &file, &ring, 1, NULL, &err), 0);
		assert_int_equal(private_key_sign(&key, text, (size_t)size, &line, &err),
				 0);
		assert_memory_equal(line.bytes, file.lines[0].bytes, line.size);
		assert_string_equal(line.id, ring.keys[0].id);
	}
}

/* The smallest, for a board makes it too, and slowly; tests/tool makes all of them. */
static void new_rsa_keys(void **state)
{
	static struct signature_file file = { .count = 1 };
	static struct private_key key, again;
	struct err err = ERR_INIT;
	struct keyring ring;

	(void)state;
	assert_int_equal(private_key_new(2048, &key, &err), 0);
	assert_int_equal(key.public.kind, KEY_RSA);
	assert_int_equal(key.public.size, 2048 / 8);
	assert_int_equal(private_key_from_secret(KEY_RSA, key.secret, key.secret_size,
						 &again, &err),
			 0);
	assert_memory_equal(&key, &again, sizeof(key));
	ring = ring_of(&key);
	assert_int_equal(key_check_ring(&ring, &err), 0);
	assert_int_equal(private_key_sign(&key, "abc", 3, &file.lines[0], &err), 0);
	assert_int_equal(key_verify("abc", 3, &file, &ring, 1, NULL, &err), 0);
	assert_int_equal(key_verify("abd", 3, &file, &ring, 1, NULL, &err),
			 -EKEYREJECTED);
	/* A secret whose parts do not belong together signs nothing that holds. */
	key.secret[key.secret_size - 10] ^= 1;
	if (private_key_sign(&key, "abc", 3, &file.lines[0], &err) == 0)
		assert_true(key_verify("abc", 3, &file, &ring, 1, NULL, &err) < 0);
}

static void forgotten(void **state)
{
	static const struct private_key nothing;
	struct err err = ERR_INIT;
	struct private_key key;

	(void)state;
	assert_int_equal(private_key_new(0, &key, &err), 0);
	private_key_done(&key);
	assert_memory_equal(&key, &nothing, sizeof(key));
	private_key_done(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc_6979),  cmocka_unit_test(secrets_out_of_range),
		cmocka_unit_test(new_keys),  cmocka_unit_test(new_rsa_keys),
		cmocka_unit_test(forgotten),
	};
	struct err err = ERR_INIT;

	return private_key_start(&err) < 0 ? 1
					   : cmocka_run_group_tests(tests, NULL, NULL);
}
