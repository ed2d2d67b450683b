/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "format/keyring.h"

static char bytes[KEYRING_MAX_SIZE + 2], again[KEYRING_MAX_SIZE + 2];

/* A line for a point of 04 and @fill, or of what else @first says. */
static void add_key(struct str *s, const char *id, uint8_t first, uint8_t fill,
		    size_t count)
{
	uint8_t point[KEY_POINT_SIZE + 1];
	char text[4 * 23 + 1];

	memset(point, fill, sizeof(point));
	point[0] = first;
	str_base64_encode(point, count, text);
	str_addf(s, "key %s ecdsa-p256-sha256 %s\n", id, text);
}

static void golden(void **state)
{
	size_t size = read_data("two.keyring", bytes, sizeof(bytes));
	struct err err = ERR_INIT;
	struct keyring ring;

	(void)state;
	assert_refused(keyring_parse(bytes, size, &ring, &err), 0, err, "");
	assert_int_equal(ring.count, 2);
	assert_string_equal(ring.keys[0].id, "c0ca2778b86b0a17");
	assert_int_equal(ring.keys[0].bytes[0], 4);
	assert_int_equal(ring.keys[0].bytes[64], 0xd7);
	assert_ptr_equal(keyring_find(&ring, "4a87545e723091eb"), &ring.keys[1]);
	assert_null(keyring_find(&ring, "4a87545e723091e"));
	assert_null(keyring_find(&ring, ""));
	assert_int_equal(keyring_write(&ring, again, sizeof(again)), size);
	assert_memory_equal(bytes, again, size);
	assert_int_equal(keyring_write(&ring, again, size + 1), size);
	assert_int_equal(keyring_write(&ring, again, size), -ENAMETOOLONG);
	assert_int_equal(keyring_write(&ring, again, 0), -ENAMETOOLONG);
}

static void refuse(const char *id, uint8_t first, uint8_t fill, size_t count,
		   const char *words)
{
	struct err err = ERR_INIT;
	struct keyring ring;
	struct str s;

	str_init(&s, bytes, sizeof(bytes));
	add_key(&s, "0000000000000001", 4, 1, KEY_POINT_SIZE);
	add_key(&s, id, first, fill, count);
	assert_refused(keyring_parse(bytes, s.used, &ring, &err), -EBADMSG, err, words);
}

static void refusals(void **state)
{
	static const char point[] = "line 2: is not a public key of ecdsa-p256-sha256";
	struct err err = ERR_INIT;
	struct keyring ring;

	(void)state;
	refuse("0000000000000001", 4, 2, 65,
	       "line 2: key 0000000000000001 stands there twice");
	refuse("0000000000000002", 4, 1, 65,
	       "line 2: key 0000000000000001 stands there twice");
	refuse("0000000000000002", 2, 2, 65, point);
	refuse("0000000000000002", 4, 2, 64, point);
	refuse("0000000000000002", 2, 2, 33, point);
	refuse("0000000000000002", 4, 2, 66, point);
	refuse("000000000000000", 4, 2, 65,
	       "line 2: a key id is 16 lower-case hex digits");
	assert_refused(keyring_parse("", 0, &ring, &err), -EBADMSG, err, "holds no key");
	assert_refused(keyring_parse(SIZED("-----BEGIN PUBLIC KEY-----\n"), &ring, &err),
		       -EBADMSG, err,
		       "a PEM key: `lamina keygen --keyring` makes a keyring of it");
	assert_refused(keyring_parse(SIZED("sig\n"), &ring, &err), -EBADMSG, err,
		       "line 1: must start with `key`");
}

/* A key of every kind and size, and RSA's that are none. */
static void kinds(void **state)
{
	size_t size = read_data("mixed.keyring", bytes, sizeof(bytes));
	struct err err = ERR_INIT;
	struct keyring ring, bad;

	(void)state;
	assert_refused(keyring_parse(bytes, size, &ring, &err), 0, err, "");
	assert_int_equal(ring.count, 4);
	for (size_t i = 0; i < 4; i++) {
		static const size_t sizes[] = { 65, 256, 384, 512 };

		assert_int_equal(ring.keys[i].kind, i == 0 ? KEY_P256 : KEY_RSA);
		assert_int_equal(ring.keys[i].size, sizes[i]);
	}
	assert_int_equal(keyring_write(&ring, again, sizeof(again)), size);
	assert_memory_equal(bytes, again, size);
	for (int what = 0; what < 5; what++) {
		static const char words[] =
			"line 2: is not a public key of rsa-pkcs1-sha256";
		int used;

		bad = ring;
		switch (what) {
		case 0:
			bad.keys[1].bytes[255] ^= 1;
			break;
		case 1:
			bad.keys[1].bytes[0] ^= 0x80;
			break;
		case 2:
			bad.keys[1].size = 255;
			break;
		case 3:
			bad.keys[3].size = 128; /* 1024 bits */
			bad.keys[1] = bad.keys[3];
			break;
		default:
			bad.keys[1] = bad.keys[0];
			bad.keys[1].kind = KEY_RSA;
		}
		used = keyring_write(&bad, again, sizeof(again));
		assert_refused(keyring_parse(again, (size_t)used, &bad, &err), -EBADMSG,
			       err, words);
	}
}

/* As many as may be, of the largest kind. */
static void largest(void **state)
{
	struct err err = ERR_INIT;
	struct keyring ring = { .count = KEYRING_MAX_KEYS };
	int size;

	(void)state;
	for (size_t i = 0; i < ring.count; i++) {
		struct key_line *key = &ring.keys[i];

		(void)snprintf(key->id, sizeof(key->id), "%016zx", i);
		key->kind = KEY_RSA;
		key->size = sizeof(key->bytes);
		memset(key->bytes, 0x81 + (int)i, sizeof(key->bytes));
		key->bytes[sizeof(key->bytes) - 1] = 1;
	}
	size = keyring_write(&ring, bytes, KEYRING_MAX_SIZE);
	assert_true(size > 0);
	assert_refused(keyring_parse(bytes, (size_t)size, &ring, &err), 0, err, "");
	assert_int_equal(ring.count, KEYRING_MAX_KEYS);
}

static void limits(void **state)
{
	struct err err = ERR_INIT;
	struct keyring ring;
	char id[KEY_ID_SIZE];
	struct str s;

	(void)state;
	str_init(&s, bytes, sizeof(bytes));
	for (unsigned int i = 0; i < KEYRING_MAX_KEYS; i++) {
		(void)snprintf(id, sizeof(id), "%016x", i);
		add_key(&s, id, 4, (uint8_t)i, KEY_POINT_SIZE);
	}
	assert_refused(keyring_parse(bytes, s.used, &ring, &err), 0, err, "");
	assert_int_equal(ring.count, KEYRING_MAX_KEYS);
	add_key(&s, "00000000000000ff", 4, 0xff, KEY_POINT_SIZE);
	assert_refused(keyring_parse(bytes, s.used, &ring, &err), -EBADMSG, err,
		       "line 17: more than 16 keys");
	memset(bytes, 'a', sizeof(bytes));
	assert_refused(keyring_parse(bytes, KEYRING_MAX_SIZE, &ring, &err), -EBADMSG, err,
		       "line 1: does not end in a line feed");
	assert_refused(keyring_parse(bytes, KEYRING_MAX_SIZE + 1, &ring, &err), -EFBIG,
		       err, "is larger than 12288 bytes");
}

static void check_changed(const char *text, size_t size)
{
	struct err err = ERR_INIT;
	struct keyring ring;
	char *copy = malloc(size + 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, text, size);
	r = keyring_parse(copy, size, &ring, &err);
	free(copy);
	if (r < 0) {
		assert_int_equal(r, -EBADMSG);
		assert_true(err.text[0]);
		return;
	}
	assert_int_equal(keyring_write(&ring, again, sizeof(again)), size);
	assert_memory_equal(text, again, size);
}

static void cut_and_flipped(void **state)
{
	size_t size = read_data("two.keyring", bytes, sizeof(bytes));

	(void)state;
	for (size_t cut = 0; cut <= size; cut++)
		check_changed(bytes, cut);
	for (size_t bit = 0; bit < 8 * size; bit++) {
		bytes[bit / 8] ^= (char)(1 << bit % 8);
		check_changed(bytes, size);
		bytes[bit / 8] ^= (char)(1 << bit % 8);
	}
}

static void example_of_the_page(void **state)
{
	size_t size = read_example("lamina-keyring.5", "key ", bytes, sizeof(bytes));
	struct err err = ERR_INIT;
	struct keyring ring;

	(void)state;
	assert_refused(keyring_parse(bytes, size, &ring, &err), 0, err, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden),
		cmocka_unit_test(refusals),
		cmocka_unit_test(kinds),
		cmocka_unit_test(largest),
		cmocka_unit_test(limits),
		cmocka_unit_test(cut_and_flipped),
		cmocka_unit_test(example_of_the_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
