/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/str.h"
#include "bytes.h"
#include "format/der.h"
#include "trust/key.h"
#include "trust/sha256.h"

/* Made with `openssl ecparam -genkey -name prime256v1` and `openssl dgst -sha256 -sign`.
 */
static const char message[] = "lamina 1\nname golden\n";
#define MESSAGE SIZED(message)

static const struct {
	const char *id, *point, *der;
} golden[] = {
	{ "a2321ed3d888112e",
	  "04080a90360b51068b3a65fa459a1b406fe0491797d2a5f3f055b69096ecb18a"
	  "9a48961fde7f60b2ac818ed84978d682c29364f406f2eb8f710ce99a9eee9f6c"
	  "24",
	  "30440220673cd15e81445633c27c401eea9edf796806f970ed8f7df27f04e3e2"
	  "0a15de0202202418ffcc9bfd25195a21abeb5636462a1eff220eea78f4516ca3"
	  "9a9876044201" },
	{ "58b4538755170c4c",
	  "04edc309a3280b3b2f786e4de07c4caa4b1e8ba8de68b900775011a61595f783"
	  "6e8820a008095871816413f906e0dddc0c8980ce88f1b226a78c6334e4d389d2"
	  "a4",
	  "304402202e3868910561184c3876b128cb9cda80a1bbde832337d13348efccd7"
	  "2d539fc702205e24e33e88577e25f82e76b30cd5ac7fc70e9da1b42accc1e378"
	  "ff32c42fbad6" },
	{ "2dc8518a7c3c5129",
	  "04a5010ab49bffec06ce180bcbd7e93288e01c6145d1d926335d8b5b6d2137e6"
	  "808eb9d493ba26f244f6b40c809548f7ff2a43e38f7144115a906f1ccaf11b8a"
	  "1c",
	  "3046022100900bf94b4ddad3069283af6bc2c85045faac4460324fb22be7eaf7"
	  "bef8de546f02210094891ef87bf828b95cde4c65f8c1d47b1e4754a8aaa6a187"
	  "e73a8e87c7d29037" },
};
#define KEYS (sizeof(golden) / sizeof(golden[0]))

/* A ring of the golden keys and their signatures. */
static void make(struct keyring *ring, struct signature_file *file)
{
	memset(ring, 0, sizeof(*ring));
	memset(file, 0, sizeof(*file));
	for (size_t i = 0; i < KEYS; i++) {
		struct key_line *line = &file->lines[i];

		memcpy(ring->keys[i].id, golden[i].id, KEY_ID_SIZE);
		memcpy(line->id, golden[i].id, KEY_ID_SIZE);
		ring->keys[i].size = KEY_POINT_SIZE;
		line->size = strlen(golden[i].der) / 2;
		assert_int_equal(str_hex_decode(golden[i].point, strlen(golden[i].point),
						ring->keys[i].bytes, KEY_POINT_SIZE),
				 0);
		assert_int_equal(str_hex_decode(golden[i].der, strlen(golden[i].der),
						line->bytes, line->size),
				 0);
	}
	ring->count = KEYS;
	file->count = KEYS;
}

static void ids_of_points(void **state)
{
	struct signature_file file;
	struct err err = ERR_INIT;
	struct keyring ring;
	char id[KEY_ID_SIZE];

	(void)state;
	make(&ring, &file);
	for (size_t i = 0; i < KEYS; i++) {
		assert_int_equal(key_id(&ring.keys[i], id), 0);
		assert_string_equal(id, golden[i].id);
	}
	assert_int_equal(key_check_ring(&ring, &err), 0);
	ring.keys[2].bytes[64] ^= 1;
	assert_int_equal(key_check_ring(&ring, &err), -EBADMSG);
	assert_non_null(strstr(err.text, golden[2].id));
}

static void openssl_signatures_hold(void **state)
{
	struct key_signers signers;
	struct signature_file file;
	struct err err = ERR_INIT;
	struct keyring ring;

	(void)state;
	make(&ring, &file);
	for (uint32_t threshold = 0; threshold <= KEYS; threshold++)
		assert_int_equal(
			key_verify(MESSAGE, &file, &ring, threshold, &signers, &err), 0);
	assert_int_equal(signers.count, KEYS);
	for (size_t i = 0; i < KEYS; i++)
		assert_string_equal(signers.ids[i], golden[i].id);
	assert_int_equal(key_verify(MESSAGE, &file, &ring, 1, NULL, NULL), 0);
	assert_refused(key_verify(MESSAGE, &file, &ring, KEYS + 1, NULL, &err),
		       -EKEYREJECTED, err, "3 good signatures, 4 needed");
}

/* The ring and file cut down to one key. */
static void make_one(struct keyring *ring, struct signature_file *file, size_t which)
{
	make(ring, file);
	ring->keys[0] = ring->keys[which];
	file->lines[0] = file->lines[which];
	ring->count = 1;
	file->count = 1;
}

static void every_flipped_bit(void **state)
{
	char text[sizeof(message)];
	struct signature_file file;
	struct err err = ERR_INIT;
	struct keyring ring;

	(void)state;
	make_one(&ring, &file, 0);
	for (size_t bit = 0; bit < 8 * file.lines[0].size; bit++) {
		file.lines[0].bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(key_verify(MESSAGE, &file, &ring, 1, NULL, &err),
				 -EKEYREJECTED);
		file.lines[0].bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	memcpy(text, message, sizeof(text));
	for (size_t bit = 0; bit < 8 * (sizeof(text) - 1); bit++) {
		text[bit / 8] ^= (char)(1 << bit % 8);
		assert_int_equal(key_verify(SIZED(text), &file, &ring, 1, NULL, &err),
				 -EKEYREJECTED);
		text[bit / 8] ^= (char)(1 << bit % 8);
	}
	for (size_t bit = 0; bit < 8 * KEY_POINT_SIZE; bit++) {
		ring.keys[0].bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(key_verify(MESSAGE, &file, &ring, 1, NULL, &err),
				 -EKEYREJECTED);
		ring.keys[0].bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(key_verify(SIZED(text), &file, &ring, 1, NULL, &err), 0);
}

/* Cut and longer messages, and none. */
static void other_lengths(void **state)
{
	struct signature_file file;
	struct err err = ERR_INIT;
	struct keyring ring;

	(void)state;
	make_one(&ring, &file, 1);
	for (size_t size = 0; size <= sizeof(message); size++) {
		int wanted = size == sizeof(message) - 1 ? 0 : -EKEYREJECTED;

		assert_int_equal(key_verify(message, size, &file, &ring, 1, NULL, &err),
				 wanted);
	}
	assert_string_equal(err.text, "signature of key 58b4538755170c4c does not hold");
}

static void another_key(void **state)
{
	struct keyring ring, all;
	struct signature_file file;
	struct err err = ERR_INIT;

	(void)state;
	make_one(&ring, &file, 0);
	make(&all, &file);
	file.count = 1;
	file.lines[0] = file.lines[1];
	assert_refused(key_verify(MESSAGE, &file, &ring, 1, NULL, &err), -ENOKEY, err,
		       "signed by 58b4538755170c4c, not trusted here");
	file.lines[file.count++] = file.lines[0];
	assert_refused(key_verify(MESSAGE, &file, &ring, 1, NULL, &err), -ENOKEY, err,
		       "signed by 58b4538755170c4c and others, not trusted here");
	file.count = 1;
	/* Somebody else's signature under a trusted name. */
	memcpy(file.lines[0].id, golden[0].id, KEY_ID_SIZE);
	assert_refused(key_verify(MESSAGE, &file, &ring, 1, NULL, &err), -EKEYREJECTED,
		       err, "signature of key a2321ed3d888112e does not hold");
	file.count = 0;
	assert_int_equal(key_verify(MESSAGE, &file, &ring, 1, NULL, &err), -ENOKEY);
	assert_int_equal(key_verify(MESSAGE, &file, &ring, 0, NULL, &err), -ENOKEY);
}

static void unknown_lines_are_passed_over(void **state)
{
	struct key_signers signers;
	struct signature_file file;
	struct err err = ERR_INIT;
	struct keyring ring;

	(void)state;
	make(&ring, &file);
	ring.keys[0] = ring.keys[2];
	ring.count = 1;
	file.lines[0].bytes[8] ^= 1; /* of a key that nobody asks about */
	assert_int_equal(key_verify(MESSAGE, &file, &ring, 1, &signers, &err), 0);
	assert_int_equal(signers.count, 1);
	assert_string_equal(signers.ids[0], golden[2].id);
	assert_refused(key_verify(MESSAGE, &file, &ring, 2, &signers, &err),
		       -EKEYREJECTED, err, "1 good signature, 2 needed");
}

/* A bad signature of a known key is told, wherever it stands and however many others
 * hold. */
static void one_bad_among_good(void **state)
{
	struct signature_file file;
	struct err err = ERR_INIT;
	struct keyring ring;

	(void)state;
	for (size_t i = 0; i < KEYS; i++) {
		make(&ring, &file);
		file.lines[i].bytes[20] ^= 4;
		assert_int_equal(key_verify(MESSAGE, &file, &ring, 1, NULL, &err),
				 -EKEYREJECTED);
		assert_non_null(strstr(err.text, golden[i].id));
	}
}

static void one_key_counts_once(void **state)
{
	struct key_signers signers;
	struct signature_file file;
	struct err err = ERR_INIT;
	struct keyring ring;

	(void)state;
	make(&ring, &file);
	file.count = SIGNATURE_MAX_COUNT;
	for (size_t i = 1; i < file.count; i++)
		file.lines[i] = file.lines[0];
	assert_int_equal(key_verify(MESSAGE, &file, &ring, 1, &signers, &err), 0);
	assert_int_equal(signers.count, 1);
	assert_int_equal(key_verify(MESSAGE, &file, &ring, 2, NULL, &err), -EKEYREJECTED);
}

/* r and s out of [1, n-1], which DER can still spell, and r and s exchanged. */
static void numbers_out_of_range(void **state)
{
	static const char order[] =
		"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
	uint8_t raw[64], good[64], n[32];
	struct signature_file file;
	struct err err = ERR_INIT;
	struct keyring ring;

	(void)state;
	make_one(&ring, &file, 0);
	assert_int_equal(str_hex_decode(SIZED(order), n, sizeof(n)), 0);
	assert_int_equal(der_decode(file.lines[0].bytes, file.lines[0].size, good), 0);
	for (int what = 0; what < 5; what++) {
		memcpy(raw, good, sizeof(raw));
		switch (what) {
		case 0:
			memcpy(raw, n, 32);
			break;
		case 1:
			memcpy(raw + 32, n, 32);
			break;
		case 2:
			memset(raw, 0xff, 32);
			break;
		case 3:
			memset(raw + 32, 0xff, 32);
			break;
		default:
			memcpy(raw, good + 32, 32);
			memcpy(raw + 32, good, 32);
		}
		file.lines[0].size = der_encode(raw, file.lines[0].bytes);
		assert_refused(key_verify(MESSAGE, &file, &ring, 1, NULL, &err),
			       -EKEYREJECTED, err,
			       "signature of key a2321ed3d888112e does not hold");
	}
}

static void malformed_der(void **state)
{
	struct signature_file file;
	struct err err = ERR_INIT;
	struct keyring ring;

	(void)state;
	make_one(&ring, &file, 0);
	file.lines[0].size--;
	assert_refused(key_verify(MESSAGE, &file, &ring, 1, NULL, &err), -EKEYREJECTED,
		       err, "signature of key a2321ed3d888112e: not a signature");
	file.lines[0].size = 0;
	assert_int_equal(key_verify(MESSAGE, &file, &ring, 1, NULL, &err), -EKEYREJECTED);
}

/* The point at infinity's likes, and coordinates past the field's prime. */
static void no_points(void **state)
{
	struct signature_file file;
	struct err err = ERR_INIT;
	struct keyring ring;

	(void)state;
	make_one(&ring, &file, 0);
	memset(ring.keys[0].bytes + 1, 0, 64);
	assert_refused(key_verify(MESSAGE, &file, &ring, 1, NULL, &err), -EKEYREJECTED,
		       err, "key a2321ed3d888112e: not a public key");
	memset(ring.keys[0].bytes + 1, 0xff, 64);
	assert_refused(key_verify(MESSAGE, &file, &ring, 1, NULL, &err), -EKEYREJECTED,
		       err, "key a2321ed3d888112e: not a public key");
}

/* A P-256 key and one of each size of RSA, as openssl made and signed them. */
static void make_mixed(struct keyring *ring, struct signature_file *file)
{
	struct err err = ERR_INIT;
	char text[8192];
	size_t size = read_data("mixed.keyring", text, sizeof(text));

	assert_refused(keyring_parse(text, size, ring, &err), 0, err, "");
	size = read_data("mixed.signature", text, sizeof(text));
	assert_refused(signature_file_parse(text, size, file, &err), 0, err, "");
	assert_int_equal(ring->count, 4);
	assert_int_equal(file->count, 4);
}

static void kinds_mixed(void **state)
{
	struct key_signers signers;
	struct signature_file file;
	struct err err = ERR_INIT;
	struct keyring ring;

	(void)state;
	make_mixed(&ring, &file);
	assert_refused(key_check_ring(&ring, &err), 0, err, "");
	assert_refused(key_verify(MESSAGE, &file, &ring, 4, &signers, &err), 0, err, "");
	assert_int_equal(signers.count, 4);
	assert_int_equal(key_verify(MESSAGE, &file, &ring, 5, NULL, &err), -EKEYREJECTED);
	for (size_t i = 0; i < 4; i++) {
		struct signature_file bad = file;

		bad.lines[i].bytes[20] ^= 1;
		assert_int_equal(key_verify(MESSAGE, &bad, &ring, 1, NULL, &err),
				 -EKEYREJECTED);
		assert_non_null(strstr(err.text, ring.keys[i].id));
		bad = file;
		bad.lines[i] = bad.lines[--bad.count];
		assert_refused(key_verify(MESSAGE, &bad, &ring, 4, NULL, &err),
			       -EKEYREJECTED, err, "3 good signatures, 4 needed");
		assert_int_equal(key_verify(MESSAGE, &bad, &ring, 3, NULL, &err), 0);
	}
	/* what an image says more does not disturb a device that trusts less */
	ring.count = 1;
	assert_int_equal(key_verify(MESSAGE, &file, &ring, 1, &signers, &err), 0);
	assert_int_equal(signers.count, 1);
	ring.keys[0] = ring.keys[3];
	assert_int_equal(key_verify(MESSAGE, &file, &ring, 1, &signers, &err), 0);
}

static void exchange(struct key_line *a, struct key_line *b)
{
	struct key_line c = *a;

	*a = *b;
	*b = c;
	c = *a;
	memcpy(a->id, b->id, KEY_ID_SIZE);
	memcpy(b->id, c.id, KEY_ID_SIZE);
}

/* The key decides: neither the word of a line nor the form of its bytes can talk it into
 * another algorithm. */
static void kinds_confused(void **state)
{
	struct signature_file file;
	struct err err = ERR_INIT;
	struct keyring ring;

	(void)state;
	make_mixed(&ring, &file);
	file.lines[0].kind = KEY_RSA;
	assert_refused(key_verify(MESSAGE, &file, &ring, 1, NULL, &err), -EKEYREJECTED,
		       err,
		       "key a2321ed3d888112e signs with ecdsa-p256-sha256, "
		       "not rsa-pkcs1-sha256");
	make_mixed(&ring, &file);
	exchange(&file.lines[0], &file.lines[1]);
	file.count = 1;
	assert_int_equal(key_verify(MESSAGE, &file, &ring, 1, NULL, &err), -EKEYREJECTED);
	file.lines[0].kind = KEY_P256; /* and its bytes are RSA's */
	assert_refused(key_verify(MESSAGE, &file, &ring, 1, NULL, &err), -EKEYREJECTED,
		       err, "signature of key a2321ed3d888112e: not a signature");
	make_mixed(&ring, &file);
	exchange(&file.lines[1], &file.lines[3]); /* longer than its key */
	assert_int_equal(key_verify(MESSAGE, &file, &ring, 1, NULL, &err), -EKEYREJECTED);
	make_mixed(&ring, &file);
	file.lines[0] = file.lines[1];
	file.count = 1;
	file.lines[0].size--;
	assert_refused(key_verify(MESSAGE, &file, &ring, 1, NULL, &err), -EKEYREJECTED,
		       err, "signature of key 2471cf70bff173b4: not a signature");
}

/* Changed anywhere, an RSA key's id is another, and without that the key holds nothing. */
static void moduli_changed(void **state)
{
	struct signature_file file;
	struct err err = ERR_INIT;
	struct keyring ring;

	(void)state;
	make_mixed(&ring, &file);
	ring.keys[0] = ring.keys[1];
	file.lines[0] = file.lines[1];
	ring.count = file.count = 1;
	for (size_t at = 0; at < ring.keys[0].size; at++) {
		ring.keys[0].bytes[at] ^= (uint8_t)(1 << at % 8);
		assert_int_equal(key_check_ring(&ring, &err), -EBADMSG);
		assert_int_equal(key_verify(MESSAGE, &file, &ring, 1, NULL, &err),
				 -EKEYREJECTED);
		ring.keys[0].bytes[at] ^= (uint8_t)(1 << at % 8);
	}
	ring.keys[0].bytes[ring.keys[0].size - 1] &= 0xfe;
	assert_refused(key_verify(MESSAGE, &file, &ring, 1, NULL, &err), -EKEYREJECTED,
		       err, "key 2471cf70bff173b4: not a public key");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_of_points),
		cmocka_unit_test(openssl_signatures_hold),
		cmocka_unit_test(every_flipped_bit),
		cmocka_unit_test(other_lengths),
		cmocka_unit_test(another_key),
		cmocka_unit_test(unknown_lines_are_passed_over),
		cmocka_unit_test(one_bad_among_good),
		cmocka_unit_test(one_key_counts_once),
		cmocka_unit_test(numbers_out_of_range),
		cmocka_unit_test(malformed_der),
		cmocka_unit_test(no_points),
		cmocka_unit_test(kinds_mixed),
		cmocka_unit_test(kinds_confused),
		cmocka_unit_test(moduli_changed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
