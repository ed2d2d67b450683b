/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"
#include "trust/pool.h"

static void gives_and_takes_back(void **state)
{
	void *blocks[POOL_BLOCKS];

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < POOL_BLOCKS; i++) {
			blocks[i] = pool_calloc(1, POOL_BLOCK_SIZE);
			assert_non_null(blocks[i]);
			for (size_t b = 0; b < i; b++)
				assert_ptr_not_equal(blocks[b], blocks[i]);
			for (size_t b = 0; b < POOL_BLOCK_SIZE; b++)
				assert_int_equal(((unsigned char *)blocks[i])[b], 0);
			memset(blocks[i], 0xff, POOL_BLOCK_SIZE);
		}
		assert_null(pool_calloc(1, 1));
		for (size_t i = 0; i < POOL_BLOCKS; i++)
			pool_free(blocks[i]);
	}
}

static void refuses_what_does_not_fit(void **state)
{
	void *block;

	(void)state;
	assert_null(pool_calloc(1, POOL_BLOCK_SIZE + 1));
	assert_null(pool_calloc(POOL_BLOCK_SIZE + 1, 1));
	assert_null(pool_calloc(SIZE_MAX / 2 + 2, 2));
	assert_null(pool_calloc(2, SIZE_MAX / 2 + 2));
	assert_null(pool_calloc(0, 0));
	pool_free(NULL);
	block = pool_calloc(POOL_BLOCK_SIZE / 2, 2);
	assert_non_null(block);
	pool_free(block);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_and_takes_back),
		cmocka_unit_test(refuses_what_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
