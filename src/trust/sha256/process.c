/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One block of SHA-256 (FIPS 180-4, 6.2.2) in place of mbedtls' own, where that would be the
 * fast one in plain C: nearly as fast, as the words of eight rounds are made while the eight
 * before are at work, and these rounds stand there once and not twice.
 */
/* A 64-bit ARM has instructions for it, which mbedtls knows. */
#if !defined(__aarch64__) || !defined(CONFIG_LAMINA_CPU_SHA256)
#ifndef MBEDTLS_ALLOW_PRIVATE_ACCESS
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#endif
#include <mbedtls/sha256.h>
#include <stdint.h>
#include <string.h>

#include "trust/sha256/x86.h"

static const uint32_t constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

#define TURN(x, n) ((x) >> (n) | (x) << (32 - (n)))
#define SUM0(x) (TURN(x, 2) ^ TURN(x, 13) ^ TURN(x, 22))
#define SUM1(x) (TURN(x, 6) ^ TURN(x, 11) ^ TURN(x, 25))
#define MIX0(x) (TURN(x, 7) ^ TURN(x, 18) ^ (x) >> 3)
#define MIX1(x) (TURN(x, 17) ^ TURN(x, 19) ^ (x) >> 10)

/* What would move from letter to letter stays: the letters move. */
#define ROUND(a, b, c, d, e, f, g, h, i)                                    \
	do {                                                                \
		uint32_t t_ = (h) + SUM1(e) + ((g) ^ ((e) & ((f) ^ (g)))) + \
			      constants[i] + w[i];                          \
		(d) += t_;                                                  \
		(h) = t_ + SUM0(a) + (((a) & (b)) | ((c) & ((a) | (b))));   \
	} while (0)

#define SWAP(x, y)                 \
	do {                       \
		uint32_t t_ = (x); \
		(x) = (y);         \
		(y) = t_;          \
	} while (0)

static void process(uint32_t *s, const uint8_t *data)
{
	uint32_t w[64];
	uint32_t a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6],
		 h = s[7];

	for (int i = 0; i < 16; i++, data += 4)
		w[i] = (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 |
		       (uint32_t)data[2] << 8 | data[3];
	for (int i = 0; i < 64; i += 4) {
		for (int j = i; i >= 16 && j < i + 4; j++)
			w[j] = MIX1(w[j - 2]) + w[j - 7] + MIX0(w[j - 15]) + w[j - 16];
		ROUND(a, b, c, d, e, f, g, h, i);
		ROUND(h, a, b, c, d, e, f, g, i + 1);
		ROUND(g, h, a, b, c, d, e, f, i + 2);
		ROUND(f, g, h, a, b, c, d, e, i + 3);
		SWAP(a, e);
		SWAP(b, f);
		SWAP(c, g);
		SWAP(d, h);
	}
	s[0] += a;
	s[1] += b;
	s[2] += c;
	s[3] += d;
	s[4] += e;
	s[5] += f;
	s[6] += g;
	s[7] += h;
}

int mbedtls_internal_sha256_process(mbedtls_sha256_context *ctx,
				    const unsigned char data[64])
{
#ifdef SHA256_X86
	if (sha256_x86_has())
		sha256_x86_process(ctx->state, data, constants);
	else
#endif
		process(ctx->state, data);
	return 0;
}
#endif
