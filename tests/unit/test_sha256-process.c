/* SPDX-License-Identifier: Apache-2.0 */
/* A block by the device's own code, in plain C and by x86's instructions, beside what the workstation's library makes
 * of it. */
#undef CONFIG_LAMINA_CPU_SHA256
#ifdef __x86_64__
#define CONFIG_LAMINA_CPU_SHA256 1
#endif
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include <mbedtls/sha256.h>
#include <string.h>

/* On a device, mbedtls' small one is linked, too. */
int this_process(mbedtls_sha256_context *ctx, const unsigned char data[64]);
#define mbedtls_internal_sha256_process this_process
#include "trust/sha256/process.c"
#include "trust/sha256/x86.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "trust/sha256.h"

/* FIPS 180-4, 5.3.3. */
static const uint32_t first[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
				   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

static void by_plain_c(mbedtls_sha256_context *context, const uint8_t *block)
{
	process(context->state, block);
}

static void by_choice(mbedtls_sha256_context *context, const uint8_t *block)
{
	assert_int_equal(mbedtls_internal_sha256_process(context, block), 0);
}

#ifdef SHA256_X86
static void by_instructions(mbedtls_sha256_context *context, const uint8_t *block)
{
	sha256_x86_process(context->state, block, constants);
}
#endif

typedef void way_fn(mbedtls_sha256_context *context, const uint8_t *block);

/* Of whole blocks and the one that ends them. */
static void hash(way_fn *way, uint8_t *bytes, size_t blocks, uint8_t ret_hash[32])
{
	mbedtls_sha256_context context;
	uint8_t *end = bytes + 64 * blocks;

	memcpy(context.state, first, sizeof(first));
	memset(end, 0, 64);
	end[0] = 0x80;
	end[61] = (uint8_t)(blocks >> 7);
	end[62] = (uint8_t)(blocks << 1);
	for (size_t i = 0; i <= blocks; i++)
		way(&context, bytes + 64 * i);
	for (int i = 0; i < 32; i++)
		ret_hash[i] = (uint8_t)(context.state[i / 4] >> (24 - i % 4 * 8));
}

/* From a place that is no multiple of anything. */
static void as_the_library(way_fn *way)
{
	uint8_t room[64 * 201 + 1], *bytes = room + 1, got[32];
	struct digest expected;
	uint32_t x = 1;

	for (size_t blocks = 0; blocks < 200; blocks++) {
		for (size_t i = 0; i < 64 * blocks; i++) {
			x = x * 1664525 + 1013904223;
			bytes[i] = (uint8_t)(x >> 24);
		}
		assert_int_equal(sha256_of(bytes, 64 * blocks, &expected), 0);
		hash(way, bytes, blocks, got);
		assert_memory_equal(got, expected.bytes, 32);
	}
}

static void plain(void **state)
{
	(void)state;
	as_the_library(by_plain_c);
}

static void chosen(void **state)
{
	(void)state;
	as_the_library(by_choice);
}

static void instructions(void **state)
{
	(void)state;
#ifdef SHA256_X86
	if (sha256_x86_has()) {
		as_the_library(by_instructions);
		return;
	}
#endif
	skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain),
		cmocka_unit_test(chosen),
		cmocka_unit_test(instructions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
