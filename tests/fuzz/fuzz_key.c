/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The small code that a device verifies with says the same as mbedtls' large one. The
 * input is a point of 65 bytes, the size of a signature in one byte, the signature, and
 * the message.
 */
#include <assert.h>
#include <errno.h>
#include <mbedtls/ecdsa.h>
#include <string.h>

#include "format/der.h"
#include "trust/key.h"
#include "trust/sha256.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int large_code(const uint8_t *point, const uint8_t raw[64],
		      const struct digest *hash)
{
	mbedtls_ecp_group group;
	mbedtls_ecp_point q;
	mbedtls_mpi r, s;
	int result;

	mbedtls_ecp_group_init(&group);
	mbedtls_ecp_point_init(&q);
	mbedtls_mpi_init(&r);
	mbedtls_mpi_init(&s);
	assert(mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1) == 0);
	assert(mbedtls_mpi_read_binary(&r, raw, 32) == 0);
	assert(mbedtls_mpi_read_binary(&s, raw + 32, 32) == 0);
	result = mbedtls_ecp_point_read_binary(&group, &q, point, KEY_POINT_SIZE);
	if (result == 0)
		result = mbedtls_ecp_check_pubkey(&group, &q);
	if (result == 0)
		result = mbedtls_ecdsa_verify(&group, hash->bytes, DIGEST_SIZE, &q, &r,
					      &s);
	mbedtls_mpi_free(&s);
	mbedtls_mpi_free(&r);
	mbedtls_ecp_point_free(&q);
	mbedtls_ecp_group_free(&group);
	return result;
}

static void compare(const struct keyring *ring, const struct signature_file *file,
		    const uint8_t *message, size_t size)
{
	const struct key_line *line = &file->lines[0];
	struct err err = ERR_INIT;
	uint8_t raw[64];
	struct digest hash;
	int small = key_verify(message, size, file, ring, 1, NULL, &err);

	assert(small == 0 || (small == -EKEYREJECTED && err.text[0]));
	if (der_decode(line->bytes, line->size, raw) < 0) {
		assert(small < 0);
		return;
	}
	assert(sha256_of(message, size, &hash) == 0);
	assert((small == 0) == (large_code(ring->keys[0].bytes, raw, &hash) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct signature_file file = { .count = 1 };
	struct keyring ring = { .count = 1 };
	struct key_line *line = &file.lines[0];

	if (size < KEY_POINT_SIZE + 1)
		return 0;
	memcpy(ring.keys[0].bytes, data, KEY_POINT_SIZE);
	ring.keys[0].size = KEY_POINT_SIZE;
	assert(key_id(&ring.keys[0], ring.keys[0].id) == 0);
	memcpy(line->id, ring.keys[0].id, KEY_ID_SIZE);
	line->size = data[KEY_POINT_SIZE];
	data += KEY_POINT_SIZE + 1;
	size -= KEY_POINT_SIZE + 1;
	if (line->size > sizeof(line->bytes) || line->size > size)
		return 0;
	memcpy(line->bytes, data, line->size);
	compare(&ring, &file, data + line->size, size - line->size);
	return 0;
}
