/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The same cases for each SHA-256 behind digest.h: the tool's and the device's. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "bytes.h"
#include "trust/sha256.h"

static void assert_hash(const struct digest *hash, const char *wanted)
{
	char text[DIGEST_HEX_SIZE];

	digest_hex(hash, text);
	assert_string_equal(text, wanted);
}

/* FIPS 180-4's examples and NIST's long message. */
static void nist_vectors(void **state)
{
	static const struct {
		const char *message, *hash;
	} vectors[] = {
		{ "",
		  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc",
		  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
		{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmn"
		  "opjklmn"
		  "opqklmnopqrlmnopqrsmnopqrstnopqrstu",
		  "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
	};
	struct digest hash;

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		const char *message = vectors[i].message;

		assert_int_equal(sha256_of(message, strlen(message), &hash), 0);
		assert_hash(&hash, vectors[i].hash);
	}
}

static void million(void **state)
{
	struct digest hash;
	char text[1000];
	struct sha256 d;

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(sha256_start(&d), 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(sha256_add(&d, text, sizeof(text)), 0);
	assert_int_equal(sha256_finish(&d, &hash), 0);
	assert_hash(&hash,
		    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* However a message is cut in three, with empty parts too, its hash is the same. */
static void any_pieces(void **state)
{
	struct digest whole, hash;
	char text[150];
	struct sha256 d;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 7);
	assert_int_equal(sha256_of(text, sizeof(text), &whole), 0);
	for (size_t a = 0; a <= sizeof(text); a++) {
		for (size_t b = a; b <= sizeof(text); b++) {
			assert_int_equal(sha256_start(&d), 0);
			assert_int_equal(sha256_add(&d, text, a), 0);
			assert_int_equal(sha256_add(&d, text + a, b - a), 0);
			assert_int_equal(sha256_add(&d, text + b, sizeof(text) - b), 0);
			assert_int_equal(sha256_finish(&d, &hash), 0);
			assert_memory_equal(&hash, &whole, DIGEST_SIZE);
		}
	}
}

/* Two at once do not disturb each other. */
static void side_by_side(void **state)
{
	struct digest hash;
	struct sha256 a, b;

	(void)state;
	assert_int_equal(sha256_start(&a), 0);
	assert_int_equal(sha256_add(&a, "ab", 2), 0);
	assert_int_equal(sha256_start(&b), 0);
	assert_int_equal(sha256_add(&b, "xyz", 3), 0);
	assert_int_equal(sha256_add(&a, "c", 1), 0);
	assert_int_equal(sha256_finish(&b, &hash), 0);
	assert_hash(&hash,
		    "3608bca1e44ea6c4d268eb6db02260269892c0b42b86bbf1e77a6fa16c3c9282");
	assert_int_equal(sha256_finish(&a, &hash), 0);
	assert_hash(&hash,
		    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void of_fd(void **state)
{
	struct digest hash, wanted;
	static char bytes[40001];
	char name[] = "/tmp/test_sha256.XXXXXX";
	__fd int fd = mkstemp(name);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(unlink(name), 0);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 31 / 8);
	assert_int_equal(fd_write_all(fd, bytes, sizeof(bytes)), 0);
	for (size_t size = 0; size <= sizeof(bytes); size += 8000) {
		assert_int_equal(sha256_of(bytes, size, &wanted), 0);
		assert_int_equal(sha256_of_fd(fd, size, &hash), 0);
		assert_memory_equal(&hash, &wanted, DIGEST_SIZE);
	}
	assert_int_equal(sha256_of(bytes, sizeof(bytes), &wanted), 0);
	assert_int_equal(sha256_of_fd(fd, sizeof(bytes), &hash), 0);
	assert_memory_equal(&hash, &wanted, DIGEST_SIZE);
	assert_int_equal(sha256_of_fd(fd, sizeof(bytes) + 1, &hash), -EIO);
	assert_int_equal(sha256_of_fd(-1, 1, &hash), -EBADF);
}

/* What is written is what is hashed, from where it was asked for. */
static void copies(void **state)
{
	static const char bytes[] = "0123456789abcdef";
	char name[] = "/tmp/test_sha256.XXXXXX", got[sizeof(bytes)];
	struct digest hash, wanted;
	__fd int fd = mkstemp(name);
	__fd int to = -EBADF;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(unlink(name), 0);
	to = mkstemp(strcpy(name, "/tmp/test_sha256.XXXXXX"));
	assert_true(to >= 0);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(fd_write_all(fd, bytes, 16), 0);
	assert_int_equal(sha256_of(bytes + 3, 10, &wanted), 0);
	assert_int_equal(sha256_copy(fd, 3, 10, to, &hash), 0);
	assert_memory_equal(&hash, &wanted, DIGEST_SIZE);
	assert_int_equal(fd_pread_all(to, got, 10, 0), 0);
	assert_memory_equal(got, bytes + 3, 10);
	assert_int_equal(fd_pread_all(to, got, 1, 10), -EIO);
	assert_int_equal(sha256_copy(fd, 7, 10, to, &hash), -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nist_vectors), cmocka_unit_test(million),
		cmocka_unit_test(any_pieces),	cmocka_unit_test(side_by_side),
		cmocka_unit_test(of_fd),	cmocka_unit_test(copies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
