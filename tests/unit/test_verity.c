/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include <errno.h>

#include "format/verity.h"

static const uint8_t uuid[16] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x46, 0x77,
				  0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };

/* The data file is what veritysetup wrote for 129 blocks, no salt and this UUID. */
static void as_veritysetup_writes(void **state)
{
	struct verity_superblock sb = { .data_blocks = 129 };
	uint8_t bytes[VERITY_SUPERBLOCK_SIZE];
	char golden[VERITY_SUPERBLOCK_SIZE + 1];

	(void)state;
	assert_int_equal(read_data("veritysetup.superblock", golden, sizeof(golden)),
			 VERITY_SUPERBLOCK_SIZE);
	memcpy(sb.uuid, uuid, sizeof(uuid));
	verity_superblock_write(&sb, bytes);
	assert_memory_equal(bytes, golden, sizeof(bytes));
}

/* Figures of `veritysetup format`, one block of data up to three levels. */
static void trees(void **state)
{
	static const uint64_t cases[][2] = {
		{ 0, 0 },
		{ 1, 0 },
		{ 2, 1 },
		{ 128, 1 },
		{ 129, 3 },
		{ 16384, 129 },
		{ 16385, 129 + 2 + 1 },
		{ 2097152, 16384 + 128 + 1 },
		{ 2097153, 16385 + 129 + 2 + 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(verity_tree_blocks(cases[i][0]), cases[i][1]);
}

static void layouts(void **state)
{
	uint64_t blocks = (1ULL << 50) - 1, most = blocks * VERITY_BLOCK, size;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(verity_layout_check(8192, 4096, &err), 0);
	assert_int_equal(verity_layout_check(4 * 4096, 8192, &err), 0);
	assert_int_equal(verity_layout_check(544768, 528384, &err), 0);
	size = (blocks + 1 + verity_tree_blocks(blocks)) * VERITY_BLOCK;
	assert_true(size < INT64_MAX);
	assert_int_equal(verity_layout_check(size, most, &err), 0);
	assert_refused(verity_layout_check(size, most + VERITY_BLOCK, &err), -EBADMSG,
		       err, "data 4611686018427387904 is too large");
	assert_refused(verity_layout_check(4096, 0, &err), -EBADMSG, err,
		       "data 0 is no multiple of 4096");
	assert_refused(verity_layout_check(8192, 4095, &err), -EBADMSG, err,
		       "data 4095 is no multiple of 4096");
	assert_refused(verity_layout_check(8191, 4096, &err), -EBADMSG, err,
		       "size 8191 does not fit data 4096, which makes 8192");
	assert_refused(verity_layout_check(0, 4096, &err), -EBADMSG, err,
		       "size 0 does not fit data 4096, which makes 8192");
	assert_int_equal(verity_layout_check(UINT64_MAX, UINT64_MAX, &err), -EBADMSG);
	assert_int_equal(verity_layout_check(UINT64_MAX, UINT64_MAX - 4095, &err),
			 -EBADMSG);
}

static void uuids(void **state)
{
	struct digest root;
	uint8_t got[16];

	(void)state;
	memset(&root, 0xff, sizeof(root));
	verity_uuid(&root, got);
	assert_int_equal(got[6], 0x8f);
	assert_int_equal(got[8], 0xbf);
	assert_int_equal(got[0], 0xff);
	memset(&root, 0, 16);
	verity_uuid(&root, got);
	assert_int_equal(got[6], 0x80);
	assert_int_equal(got[8], 0x80);
	assert_int_equal(got[15], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_veritysetup_writes),
		cmocka_unit_test(trees),
		cmocka_unit_test(layouts),
		cmocka_unit_test(uuids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
