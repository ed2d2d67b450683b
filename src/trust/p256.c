/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mbedtls' p256-m has all its arithmetic in static functions: it is compiled as a part of
 * this file. Its own verification multiplies the two points one after the other, in a way
 * that tells nothing of the scalars, as it has to with a secret. Here is none: both are
 * done in one walk over the bits, and bits that are zero cost nothing (Shamir's trick).
 * That is half the work.
 */
#include "trust/p256.h"

#include <errno.h>
#include <stdbool.h>

/* p256-m would rather avoid the processor's 64-bit multiplication, which is slow on some:
 * not on any that runs Linux. */
#define MUL64_IS_CONSTANT_TIME
#include <p256-m/p256-m.c>

/* As in p256-m: x / z^2 and y / z^3 modulo p, in Montgomery form; nothing (the neutral
 * element) where z is 0. */
struct sum {
	uint32_t x[8], y[8], z[8];
};

static bool is_zero(const uint32_t number[8])
{
	return u256_diff0(number) == 0;
}

static void set(struct sum *sum, const uint32_t x[8], const uint32_t y[8])
{
	memcpy(sum->x, x, sizeof(sum->x));
	memcpy(sum->y, y, sizeof(sum->y));
	m256_set32(sum->z, 1, &p256_p);
}

/*
 * Adds a point of the curve. p256-m's addition can't add a point to itself, to its
 * opposite or to nothing. Who makes a signature can choose what is met here: each of
 * these is told apart.
 */
static void add(struct sum *sum, const uint32_t x[8], const uint32_t y[8])
{
	struct sum before = *sum;

	if (is_zero(sum->z)) {
		set(sum, x, y);
		return;
	}
	point_add(sum->x, sum->y, sum->z, x, y);
	if (!is_zero(sum->z))
		return;
	/* the same x: twice the point, or nothing, as it stands */
	point_to_affine(before.x, before.y, before.z);
	if (u256_diff(before.y, y) == 0) {
		set(sum, x, y);
		point_double(sum->x, sum->y, sum->z);
	}
}

static bool bit_of(const uint32_t number[8], int bit)
{
	return number[bit / 32] >> bit % 32 & 1;
}

/* @a times the base point and @b times (@x, @y). */
static struct sum combine(const uint32_t a[8], const uint32_t b[8], const uint32_t x[8],
			  const uint32_t y[8])
{
	struct sum sum = { .z = { 0 } };

	for (int bit = 255; bit >= 0; bit--) {
		point_double(sum.x, sum.y, sum.z);
		if (bit_of(a, bit))
			add(&sum, p256_gx, p256_gy);
		if (bit_of(b, bit))
			add(&sum, x, y);
	}
	return sum;
}

/* SEC 1, 4.1.4. */
int p256_verify(const uint8_t point[P256_POINT_SIZE], const uint8_t hash[32],
		const uint8_t signature[P256_SIGNATURE_SIZE])
{
	uint32_t x[8], y[8], r[8], s[8], a[8], b[8];
	struct sum sum;

	if (point[0] != 4 || point_from_bytes(x, y, point + 1) != 0)
		return -EINVAL;
	if (scalar_from_bytes(r, signature) != 0 ||
	    scalar_from_bytes(s, signature + 32) != 0)
		return -EKEYREJECTED;
	m256_prep(s, &p256_n);
	m256_inv(s, s, &p256_n);
	u256_from_bytes(a, hash);
	ecdsa_m256_mod_n(a);
	/* Montgomery's product of one number in his form and one that is not is in none.
	 */
	m256_mul(a, a, s, &p256_n);
	m256_mul(b, r, s, &p256_n);
	sum = combine(a, b, x, y);
	/* of nothing it makes an x of 0, which r is not */
	point_to_affine(sum.x, sum.y, sum.z);
	m256_done(sum.x, &p256_p);
	ecdsa_m256_mod_n(sum.x);
	return u256_diff(sum.x, r) == 0 ? 0 : -EKEYREJECTED;
}
