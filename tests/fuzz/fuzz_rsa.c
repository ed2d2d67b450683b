/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a device verifies RSA with says the same as mbedtls' own verification. The input
 * is the size in units of 64 bytes as one byte, the modulus, the signature, and the
 * message.
 */
#include <assert.h>
#include <errno.h>
#include <mbedtls/rsa.h>
#include <string.h>

#include "trust/key.h"
#include "trust/sha256.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int large_code(const uint8_t *modulus, size_t size, const struct digest *hash,
		      const uint8_t *signature)
{
	static const uint8_t exponent[] = { 1, 0, 1 };
	mbedtls_rsa_context rsa;
	int r;

	mbedtls_rsa_init(&rsa);
	r = mbedtls_rsa_import_raw(&rsa, modulus, size, NULL, 0, NULL, 0, NULL, 0,
				   exponent, sizeof(exponent));
	if (r == 0)
		r = mbedtls_rsa_complete(&rsa);
	if (r == 0)
		r = mbedtls_rsa_pkcs1_verify(&rsa, MBEDTLS_MD_SHA256, DIGEST_SIZE,
					     hash->bytes, signature);
	mbedtls_rsa_free(&rsa);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct signature_file file = { .count = 1 };
	static struct keyring ring = { .count = 1 };
	struct key_line *line = &file.lines[0], *key = &ring.keys[0];
	struct err err = ERR_INIT;
	struct digest hash;
	int small;

	if (size < 1 || data[0] > 8 || size < 1 + 2 * 64 * (size_t)data[0])
		return 0;
	line->kind = key->kind = KEY_RSA;
	line->size = key->size = 64 * (size_t)data[0];
	memcpy(key->bytes, data + 1, key->size);
	memcpy(line->bytes, data + 1 + key->size, line->size);
	data += 1 + 2 * key->size;
	size -= 1 + 2 * key->size;
	assert(key_id(key, key->id) == 0);
	memcpy(line->id, key->id, KEY_ID_SIZE);
	small = key_verify(data, size, &file, &ring, 1, NULL, &err);
	assert(small == 0 || (small == -EKEYREJECTED && err.text[0]));
	if (!key_kind_is_key(KEY_RSA, key->bytes, key->size)) {
		assert(small < 0);
		return 0;
	}
	assert(sha256_of(data, size, &hash) == 0);
	assert((small == 0) ==
	       (large_code(key->bytes, key->size, &hash, line->bytes) == 0));
	return 0;
}
