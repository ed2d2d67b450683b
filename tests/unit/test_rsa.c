/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures by the keys of tests/data/pem, made by openssl, and made here over blocks of
 * any kind by mbedtls' arithmetic with the secret: what a forger may put into a signature
 * of a key whose exponent is small, or whose verifier parses instead of comparing.
 */
#include <errno.h>
#include <mbedtls/pk.h>
#include <mbedtls/psa_util.h>
#include <mbedtls/rsa.h>

#include "bytes.h"
#include "trust/private-key.h"
#include "trust/rsa.h"
#include "trust/sha256.h"

static const char message[] = "lamina 1\nname golden\n";
static const char *const names[] = { "rsa2048", "rsa3072", "rsa4096" };

/* DigestInfo of SHA-256 before the hash, and others. */
#define INFO \
	"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"
#define NO_NULL "\x30\x2f\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x04\x20"
#define LONG_LENGTH                                                                    \
	"\x30\x81\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04" \
	"\x20"
#define PARAMETERS                                                                     \
	"\x30\x39\x30\x15\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x04\x08garbage!" \
	"\x04\x20"
#define SHA512_256 \
	"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x06\x05\x00\x04\x20"

static mbedtls_pk_context pk;
static uint8_t modulus[KEY_MAX_BYTES], signature[KEY_MAX_BYTES + 1];
static struct digest hash;
static size_t size;

static void take_key(const char *name)
{
	char path[64], pem[4096];
	size_t used;

	(void)snprintf(path, sizeof(path), "pem/%s.pem", name);
	used = read_data(path, pem, sizeof(pem) - 1);
	pem[used] = '\0';
	mbedtls_pk_free(&pk);
	mbedtls_pk_init(&pk);
	assert_int_equal(mbedtls_pk_parse_key(&pk, (uint8_t *)pem, used + 1, NULL, 0,
					      mbedtls_psa_get_random,
					      MBEDTLS_PSA_RANDOM_STATE),
			 0);
	size = mbedtls_rsa_get_len(mbedtls_pk_rsa(pk));
	assert_int_equal(mbedtls_rsa_export_raw(mbedtls_pk_rsa(pk), modulus, size, NULL,
						0, NULL, 0, NULL, 0, NULL, 0),
			 0);
	assert_int_equal(sha256_of(message, sizeof(message) - 1, &hash), 0);
}

static int verify(void)
{
	return rsa_verify(modulus, size, &hash, signature);
}

/* The key's signature that hides exactly @block. */
static void hide(const uint8_t *block)
{
	assert_int_equal(mbedtls_rsa_private(mbedtls_pk_rsa(pk), mbedtls_psa_get_random,
					     MBEDTLS_PSA_RANDOM_STATE, block, signature),
			 0);
}

/* 0, 1, @fill times 255, 0, @info, the first @hash_size bytes of the hash, and for the
 * rest of the block @garbage; what is too long is a mistake. Verifies that. */
static int try(size_t fill, const char *info, size_t info_size, size_t hash_size,
	       uint8_t garbage)
{
	uint8_t block[KEY_MAX_BYTES];

	assert_true(3 + fill + info_size + hash_size <= size);
	memset(block, garbage, sizeof(block));
	block[0] = 0;
	block[1] = 1;
	memset(block + 2, 0xff, fill);
	block[2 + fill] = 0;
	memcpy(block + 3 + fill, info, info_size);
	memcpy(block + 3 + fill + info_size, hash.bytes, hash_size);
	hide(block);
	return verify();
}

static int try_all(const char *info, size_t info_size, size_t hash_size)
{
	return try(size - 3 - info_size - hash_size, info, info_size, hash_size, 0);
}

static void by_openssl(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char path[64];

		take_key(names[i]);
		(void)snprintf(path, sizeof(path), "%s.signature", names[i]);
		assert_int_equal(read_data(path, (char *)signature, sizeof(signature)),
				 size);
		assert_int_equal(verify(), 0);
	}
}

/* Hashes of all kinds, so that all kinds of numbers come up. */
static void many(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		take_key(names[i]);
		for (uint8_t n = 0; n < 40; n++) {
			assert_int_equal(sha256_of(&n, 1, &hash), 0);
			assert_int_equal(try_all(SIZED(INFO), 32), 0);
			hash.bytes[n % 32] ^= 1;
			assert_int_equal(verify(), -EKEYREJECTED);
		}
	}
}

static void every_byte_flipped(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		take_key(names[i]);
		assert_int_equal(try_all(SIZED(INFO), 32), 0);
		for (size_t at = 0; at < size; at++) {
			signature[at] ^= (uint8_t)(1 << at % 8);
			assert_int_equal(verify(), -EKEYREJECTED);
			signature[at] ^= (uint8_t)(1 << at % 8);
		}
		for (size_t at = 0; at < sizeof(hash); at++) {
			hash.bytes[at] ^= (uint8_t)(1 << at % 8);
			assert_int_equal(verify(), -EKEYREJECTED);
			hash.bytes[at] ^= (uint8_t)(1 << at % 8);
		}
		for (size_t at = 0; at < size; at++) {
			modulus[at] ^= 2;
			assert_true(verify() < 0);
			modulus[at] ^= 2;
		}
		assert_int_equal(verify(), 0);
	}
}

/* modulus + signature is the same number modulo the modulus, and another spelling. */
static bool add_modulus(void)
{
	unsigned int carry = 0;

	for (size_t at = size; at-- > 0;) {
		carry += (unsigned int)signature[at] + modulus[at];
		signature[at] = (uint8_t)carry;
		carry >>= 8;
	}
	return carry == 0;
}

static void numbers_too_large(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		bool fits = false;

		take_key(names[i]);
		for (uint8_t n = 0; n < 200 && !fits; n++) {
			assert_int_equal(sha256_of(&n, 1, &hash), 0);
			assert_int_equal(try_all(SIZED(INFO), 32), 0);
			fits = add_modulus();
		}
		if (fits)
			assert_int_equal(verify(), -EKEYREJECTED);
		memcpy(signature, modulus, size);
		assert_int_equal(verify(), -EKEYREJECTED);
		signature[size - 1] ^= 1; /* modulus - 1 */
		assert_int_equal(verify(), -EKEYREJECTED);
		memset(signature, 0xff, size);
		assert_int_equal(verify(), -EKEYREJECTED);
		memset(signature, 0, size);
		assert_int_equal(verify(), -EKEYREJECTED);
		signature[size - 1] = 1;
		assert_int_equal(verify(), -EKEYREJECTED);
	}
}

static void no_moduli(void **state)
{
	static const size_t sizes[] = { 0, 1, 32, 65, 128, 255, 257, 320, 383, 385, 511 };

	(void)state;
	take_key("rsa4096");
	assert_int_equal(try_all(SIZED(INFO), 32), 0);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		assert_int_equal(rsa_verify(modulus, sizes[i], &hash, signature),
				 -EINVAL);
	modulus[size - 1] &= 0xfe;
	assert_int_equal(verify(), -EINVAL);
	modulus[size - 1] |= 1;
	modulus[0] &= 0x7f;
	assert_int_equal(verify(), -EINVAL);
	modulus[0] |= 0x80;
	assert_int_equal(verify(), 0);
	memset(modulus, 0, size);
	assert_int_equal(verify(), -EINVAL);
	/* the extremes that it must come to an end with */
	memset(modulus, 0xff, size);
	assert_int_equal(verify(), -EKEYREJECTED);
	memset(modulus, 0, size);
	modulus[0] = 0x80;
	modulus[size - 1] = 1;
	assert_int_equal(verify(), -EKEYREJECTED);
}

/* What Bleichenbacher showed in 2006: few 255, and room for anything behind the hash. */
static void garbage_behind_the_hash(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		take_key(names[i]);
		for (size_t fill = 0; fill < size - 54; fill += 7) {
			assert_int_equal(try(fill, SIZED(INFO), 32, 0), -EKEYREJECTED);
			assert_int_equal(try(fill, SIZED(INFO), 32, 0xff), -EKEYREJECTED);
		}
		assert_int_equal(try(8, SIZED(INFO), 32, 0x5a), -EKEYREJECTED);
		assert_int_equal(try(size - 55, SIZED(INFO), 32, 0), -EKEYREJECTED);
		assert_int_equal(try(size - 54, SIZED(INFO), 32, 0), 0);
	}
}

static void other_infos(void **state)
{
	(void)state;
	take_key("rsa3072");
	assert_int_equal(try_all(SIZED(INFO), 32), 0);
	assert_int_equal(try_all(SIZED(NO_NULL), 32), -EKEYREJECTED);
	assert_int_equal(try_all(SIZED(LONG_LENGTH), 32), -EKEYREJECTED);
	assert_int_equal(try_all(SIZED(PARAMETERS), 32), -EKEYREJECTED);
	assert_int_equal(try_all(SIZED(SHA512_256), 32), -EKEYREJECTED);
	assert_int_equal(try_all("", 0, 32), -EKEYREJECTED);
	assert_int_equal(try_all(SIZED(INFO), 31), -EKEYREJECTED);
	assert_int_equal(try_all(SIZED(INFO), 0), -EKEYREJECTED);
	assert_int_equal(try_all("\x00" INFO, sizeof(INFO), 32), -EKEYREJECTED);
}

/* The good block with any byte of its padding or its DigestInfo changed. */
static void every_byte_of_the_block(void **state)
{
	uint8_t block[KEY_MAX_BYTES];

	(void)state;
	take_key("rsa2048");
	memset(block, 0xff, size);
	block[0] = 0;
	block[1] = 1;
	block[size - 52] = 0;
	memcpy(block + size - 51, INFO, 19);
	memcpy(block + size - 32, hash.bytes, 32);
	hide(block);
	assert_int_equal(verify(), 0);
	/* the first byte stays: the block must be below the modulus */
	for (size_t at = 1; at < size; at++) {
		block[at] ^= (uint8_t)(1 << at % 8);
		hide(block);
		assert_int_equal(verify(), -EKEYREJECTED);
		block[at] ^= (uint8_t)(1 << at % 8);
	}
	block[1] = 2; /* padding of encryption */
	hide(block);
	assert_int_equal(verify(), -EKEYREJECTED);
	block[1] = 0;
	hide(block);
	assert_int_equal(verify(), -EKEYREJECTED);
}

/* A good signature of a key with another exponent, which nothing here can ask for. */
static void exponent_3(void **state)
{
	(void)state;
	take_key("rsa-exponent-3");
	assert_int_equal(try_all(SIZED(INFO), 32), -EKEYREJECTED);
	/* 1 and 8 are cubes, of numbers that are no signatures */
	memset(signature, 0, size);
	signature[size - 1] = 2;
	assert_int_equal(verify(), -EKEYREJECTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_openssl),
		cmocka_unit_test(many),
		cmocka_unit_test(every_byte_flipped),
		cmocka_unit_test(numbers_too_large),
		cmocka_unit_test(no_moduli),
		cmocka_unit_test(garbage_behind_the_hash),
		cmocka_unit_test(other_infos),
		cmocka_unit_test(every_byte_of_the_block),
		cmocka_unit_test(exponent_3),
	};
	struct err err = ERR_INIT;

	mbedtls_pk_init(&pk);
	return private_key_start(&err) < 0 ? 1
					   : cmocka_run_group_tests(tests, NULL, NULL);
}
