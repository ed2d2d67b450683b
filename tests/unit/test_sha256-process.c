/* SPDX-License-Identifier: Apache-2.0 */
/* A block by the device's own code, beside what the workstation's library makes of it. */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include <mbedtls/sha256.h>
#include <string.h>

#include "trust/sha256/process.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "trust/sha256.h"

/* FIPS 180-4, 5.3.3. */
static const uint32_t first[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
				   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

/* Of whole blocks and the one that ends them. */
static void hash(uint8_t *bytes, size_t blocks, uint8_t ret_hash[32])
{
	mbedtls_sha256_context context;
	uint8_t *end = bytes + 64 * blocks;

	memcpy(context.state, first, sizeof(first));
	memset(end, 0, 64);
	end[0] = 0x80;
	end[61] = (uint8_t)(blocks >> 7);
	end[62] = (uint8_t)(blocks << 1);
	for (size_t i = 0; i <= blocks; i++)
		assert_int_equal(
			mbedtls_internal_sha256_process(&context, bytes + 64 * i), 0);
	for (int i = 0; i < 32; i++)
		ret_hash[i] = (uint8_t)(context.state[i / 4] >> (24 - i % 4 * 8));
}

static void as_the_library(void **state)
{
	uint8_t bytes[64 * 20], got[32];
	struct digest expected;
	uint32_t x = 1;

	(void)state;
	for (size_t blocks = 0; blocks < 19; blocks++) {
		for (size_t i = 0; i < 64 * blocks; i++) {
			x = x * 1664525 + 1013904223;
			bytes[i] = (uint8_t)(x >> 24);
		}
		assert_int_equal(sha256_of(bytes, 64 * blocks, &expected), 0);
		hash(bytes, blocks, got);
		assert_memory_equal(got, expected.bytes, 32);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_the_library),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
