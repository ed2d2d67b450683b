/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/sha256/x86.h"

#ifdef SHA256_X86

#include <cpuid.h>
#include <immintrin.h>

bool sha256_x86_has(void)
{
	static enum {
		UNKNOWN,
		NO,
		YES
	} has;
	unsigned int a, b, c = 0, d;

	if (has == UNKNOWN) {
		has = NO;
		if (__get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSSE3) &&
		    (c & bit_SSE4_1) && __get_cpuid_count(7, 0, &a, &b, &c, &d) &&
		    (b & bit_SHA))
			has = YES;
	}
	return has == YES;
}

#define WITH_THEM __attribute__((target("sha,sse4.1")))

static WITH_THEM __m128i load(const void *at)
{
	return _mm_loadu_si128(at);
}

/* Four rounds a turn: two by each instruction, which has the letters as ABEF and CDGH. */
WITH_THEM void sha256_x86_process(uint32_t state[8], const uint8_t block[64],
				  const uint32_t k[64])
{
	const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	__m128i *to = (__m128i *)(void *)state;
	__m128i dcba = _mm_shuffle_epi32(load(to), 0xb1);
	__m128i hgfe = _mm_shuffle_epi32(load(to + 1), 0x1b);
	__m128i abef = _mm_alignr_epi8(dcba, hgfe, 8);
	__m128i cdgh = _mm_blend_epi16(hgfe, dcba, 0xf0);
	const __m128i abef_before = abef, cdgh_before = cdgh;
	__m128i w0 = { 0 }, w1 = w0, w2 = w0, w3 = w0, w, wk;

	for (int i = 0; i < 16; i++) {
		if (i < 4)
			w = _mm_shuffle_epi8(load(block + 16 * i), big_endian);
		else
			w = _mm_sha256msg2_epu32(
				_mm_add_epi32(_mm_sha256msg1_epu32(w0, w1),
					      _mm_alignr_epi8(w3, w2, 4)),
				w3);
		wk = _mm_add_epi32(w, load(k + 4 * i));
		cdgh = _mm_sha256rnds2_epu32(cdgh, abef, wk);
		abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(wk, 0x0e));
		w0 = w1;
		w1 = w2;
		w2 = w3;
		w3 = w;
	}
	abef = _mm_shuffle_epi32(_mm_add_epi32(abef, abef_before), 0x1b);
	cdgh = _mm_shuffle_epi32(_mm_add_epi32(cdgh, cdgh_before), 0xb1);
	_mm_storeu_si128(to, _mm_blend_epi16(abef, cdgh, 0xf0));
	_mm_storeu_si128(to + 1, _mm_alignr_epi8(cdgh, abef, 8));
}
#endif
