/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "pack/import/squash/parts.h"

#define BLOCK 131072

/* libsquashfs's own. */
static sqfs_compressor_t *plain(unsigned int level)
{
	sqfs_compressor_config_t config;
	sqfs_compressor_t *compressor;

	assert_int_equal(sqfs_compressor_config_init(&config, SQFS_COMP_ZSTD, BLOCK, 0),
			 0);
	if (level)
		config.level = level;
	assert_int_equal(sqfs_compressor_create(&config, &compressor), 0);
	return compressor;
}

static sqfs_compressor_t *ours(unsigned int level)
{
	const struct squash_options options = {
		.compression = "zstd",
		.level = level,
		.block_size = BLOCK,
	};
	sqfs_compressor_t *compressor;

	assert_int_equal(squash_compressor(&options, false, &compressor), 0);
	return compressor;
}

/* A block of words, the more different the larger @kinds is; 0: noise. */
static void fill(sqfs_u8 *block, unsigned int kinds)
{
	uint32_t x = 2463534242;

	for (size_t i = 0; i < BLOCK; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		block[i] = (sqfs_u8)(kinds ? (x % kinds) * (i % 7) : x);
	}
}

static void compare(sqfs_compressor_t *one, sqfs_compressor_t *other)
{
	static const unsigned int kinds[] = { 1, 2, 5, 40, 200, 0 };
	static const sqfs_u32 sizes[] = { BLOCK, 8192, 100, 1 };
	static sqfs_u8 block[BLOCK], a[BLOCK], b[BLOCK];

	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		fill(block, kinds[k]);
		for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
			sqfs_s32 n = one->do_block(one, block, sizes[s], a, sizes[s]);

			assert_int_equal(
				other->do_block(other, block, sizes[s], b, sizes[s]), n);
			if (n > 0)
				assert_memory_equal(a, b, (size_t)n);
			/* no room at all */
			assert_int_equal(one->do_block(one, block, sizes[s], a, 1),
					 other->do_block(other, block, sizes[s], b, 1));
		}
	}
}

/* A cache, and people who compare two builds, count on it. */
static void test_bytes_of_libsquashfs(void **state)
{
	static const unsigned int levels[] = { 0, 1, 22 };

	(void)state;
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		sqfs_compressor_t *theirs = plain(levels[i]), *own = ours(levels[i]);
		sqfs_compressor_t *copied = sqfs_copy(own);
		sqfs_compressor_config_t a, b;

		assert_non_null(copied);
		compare(theirs, own);
		sqfs_destroy(own);
		compare(theirs, copied);
		theirs->get_configuration(theirs, &a);
		copied->get_configuration(copied, &b);
		assert_int_equal(a.level, b.level);
		assert_int_equal(a.id, b.id);
		sqfs_destroy(copied);
		sqfs_destroy(theirs);
	}
}

static sqfs_u8 written[64];

static int keep(sqfs_file_t *file, sqfs_u64 offset, const void *bytes, size_t size)
{
	(void)file;
	assert_int_equal(offset, sizeof(sqfs_super_t));
	assert_true(size <= sizeof(written));
	memcpy(written, bytes, size);
	return 0;
}

/* A reader is told a level that isn't the usual one. */
static void test_options(void **state)
{
	sqfs_file_t file = { .write_at = keep };
	sqfs_compressor_t *usual = ours(0), *theirs = plain(22), *own = ours(22);
	sqfs_u8 expected[sizeof(written)];
	int n;

	(void)state;
	assert_int_equal(usual->write_options(usual, &file), 0);
	n = theirs->write_options(theirs, &file);
	assert_true(n > 0);
	memcpy(expected, written, sizeof(expected));
	memset(written, 0, sizeof(written));
	assert_int_equal(own->write_options(own, &file), n);
	assert_memory_equal(written, expected, sizeof(expected));
	sqfs_destroy(usual);
	sqfs_destroy(theirs);
	sqfs_destroy(own);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_of_libsquashfs),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
