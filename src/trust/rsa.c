/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/rsa.h"

#include <bignum_core.h>
#include <errno.h>
#include <string.h>

#include "format/key-kind.h"

#define LIMB_SIZE sizeof(mbedtls_mpi_uint)
#define LIMBS (KEY_MAX_BYTES / LIMB_SIZE)

/* Numbers of `limbs` limbs below the modulus, least limb first. R is 2 to the power of
 * the modulus' bits; Montgomery's multiplication of a and b is a * b / R. */
struct rsa {
	size_t limbs;
	mbedtls_mpi_uint n[LIMBS], s[LIMBS], x[LIMBS];
	mbedtls_mpi_uint montgomery;
	mbedtls_mpi_uint work[2 * LIMBS + 1];
};

static void multiply(struct rsa *rsa, const mbedtls_mpi_uint *by)
{
	mbedtls_mpi_core_montmul(rsa->x, rsa->x, by, rsa->limbs, rsa->n, rsa->limbs,
				 rsa->montgomery, rsa->work);
}

/* x = 2 * x */
static void twice(struct rsa *rsa)
{
	mbedtls_mpi_uint over = mbedtls_mpi_core_add(rsa->x, rsa->x, rsa->x, rsa->limbs);

	over -= mbedtls_mpi_core_sub(rsa->x, rsa->x, rsa->n, rsa->limbs);
	(void)mbedtls_mpi_core_add_if(rsa->x, rsa->n, rsa->limbs, (unsigned int)over & 1);
}

/*
 * x = R * R, which brings numbers into Montgomery's form. Nothing is divided for it: R is
 * less than twice the modulus, so that R modulo n is R - n; that is doubled once for
 * every limb, and then squared once for every time that a limb's bits can be halved.
 */
static void radix_squared(struct rsa *rsa)
{
	memset(rsa->x, 0, sizeof(rsa->x));
	(void)mbedtls_mpi_core_sub(rsa->x, rsa->x, rsa->n, rsa->limbs);
	for (size_t i = 0; i < rsa->limbs; i++)
		twice(rsa);
	for (size_t bits = 8 * LIMB_SIZE; bits > 1; bits /= 2)
		multiply(rsa, rsa->x);
}

/* x = s to the power of 65537: squared sixteen times, and once more times s, which also
 * takes it back out of Montgomery's form. */
static void power(struct rsa *rsa)
{
	radix_squared(rsa);
	multiply(rsa, rsa->s);
	for (int i = 0; i < 16; i++)
		multiply(rsa, rsa->x);
	multiply(rsa, rsa->s);
}

/* The one block that a signature over @hash may hide: 0, 1, as many 255 as there is room
 * for, 0, and DigestInfo with SHA-256 and its parameters NULL. */
static void expected(const struct digest *hash, size_t size, uint8_t *ret_block)
{
	static const uint8_t info[] = { 0x00, 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09,
					0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
					0x02, 0x01, 0x05, 0x00, 0x04, 0x20 };
	uint8_t *tail = ret_block + size - sizeof(info) - sizeof(*hash);

	memset(ret_block, 0xff, size);
	ret_block[0] = 0;
	ret_block[1] = 1;
	memcpy(tail, info, sizeof(info));
	memcpy(tail + sizeof(info), hash->bytes, sizeof(hash->bytes));
}

int rsa_verify(const uint8_t *modulus, size_t size, const struct digest *hash,
	       const uint8_t *signature)
{
	struct rsa rsa = { .limbs = size / LIMB_SIZE };
	uint8_t block[KEY_MAX_BYTES], wanted[KEY_MAX_BYTES];

	if (!key_kind_is_key(KEY_RSA, modulus, size))
		return -EINVAL;
	/* Of the same length, so that bytes compare as numbers do. */
	if (memcmp(signature, modulus, size) >= 0)
		return -EKEYREJECTED;
	if (mbedtls_mpi_core_read_be(rsa.n, rsa.limbs, modulus, size) != 0 ||
	    mbedtls_mpi_core_read_be(rsa.s, rsa.limbs, signature, size) != 0)
		return -EINVAL;
	rsa.montgomery = mbedtls_mpi_core_montmul_init(rsa.n);
	power(&rsa);
	if (mbedtls_mpi_core_write_be(rsa.x, rsa.limbs, block, size) != 0)
		return -EKEYREJECTED;
	expected(hash, size, wanted);
	return memcmp(block, wanted, size) == 0 ? 0 : -EKEYREJECTED;
}
