/* SPDX-License-Identifier: Apache-2.0 */
/* tests/data/disk holds the first 4 KiB of file systems that the usual mkfs made. */
#include "block/find/superblock.h"

#include <stdlib.h>

#include "unit/bytes.h"

static const struct golden {
	const char *file, *type, *label, *uuid;
} goldens[] = {
	{ "disk/ext4", "ext", "live-ext4", "11111111-2222-3333-4444-555555555555" },
	{ "disk/f2fs", "f2fs", "Ger\303\244t 7", "22222222-3333-4444-5555-666666666666" },
	{ "disk/xfs", "xfs", "live-xfs", "33333333-4444-5555-6666-777777777777" },
	{ "disk/fat16", "vfat", "DATA", "1234-ABCD" },
	{ "disk/fat32", "vfat", "", "DEAD-BEEF" },
};

#define GOLDENS (sizeof(goldens) / sizeof(goldens[0]))

static void load(const char *file, uint8_t bytes[SUPERBLOCK_SIZE])
{
	char text[SUPERBLOCK_SIZE + 1];

	assert_int_equal(read_data(file, text, sizeof(text)), SUPERBLOCK_SIZE);
	memcpy(bytes, text, SUPERBLOCK_SIZE);
}

static void golden(void **state)
{
	struct superblock found[SUPERBLOCK_TYPES];
	uint8_t bytes[SUPERBLOCK_SIZE];

	(void)state;
	for (size_t i = 0; i < GOLDENS; i++) {
		load(goldens[i].file, bytes);
		assert_int_equal(superblock_parse(bytes, sizeof(bytes), found), 1);
		assert_string_equal(found[0].type, goldens[i].type);
		assert_string_equal(found[0].label, goldens[i].label);
		assert_string_equal(found[0].uuid, goldens[i].uuid);
	}
}

static void cut_ones_have_none(void **state)
{
	struct superblock found[SUPERBLOCK_TYPES];
	uint8_t bytes[SUPERBLOCK_SIZE];

	(void)state;
	load("disk/ext4", bytes);
	for (size_t size = 0; size < sizeof(bytes); size++) {
		/* of that size indeed, for the sanitizer */
		uint8_t *cut = malloc(size ? size : 1);

		assert_non_null(cut);
		memcpy(cut, bytes, size);
		assert_int_equal(superblock_parse(cut, size, found), 0);
		free(cut);
	}
}

static void one_over_another(void **state)
{
	struct superblock found[SUPERBLOCK_TYPES];
	uint8_t bytes[SUPERBLOCK_SIZE], fat[SUPERBLOCK_SIZE];

	(void)state;
	load("disk/ext4", bytes);
	load("disk/fat16", fat);
	memcpy(bytes, fat, 512); /* ext4 leaves the boot sector as it was */
	assert_int_equal(superblock_parse(bytes, sizeof(bytes), found), 2);
	assert_string_equal(found[0].label, "live-ext4");
	assert_string_equal(found[1].label, "DATA");
}

static void labels_without_an_end(void **state)
{
	struct superblock found[SUPERBLOCK_TYPES];
	uint8_t bytes[SUPERBLOCK_SIZE];

	(void)state;
	load("disk/ext4", bytes);
	memset(bytes + 1024 + 120, 'x', 40);
	assert_int_equal(superblock_parse(bytes, sizeof(bytes), found), 1);
	assert_string_equal(found[0].label, "xxxxxxxxxxxxxxxx");
	/* one longer than a source can name answers to none */
	load("disk/f2fs", bytes);
	for (size_t i = 0; i < 512; i++) {
		bytes[1024 + 124 + 2 * i] = 'y';
		bytes[1024 + 124 + 2 * i + 1] = 0;
	}
	assert_int_equal(superblock_parse(bytes, sizeof(bytes), found), 1);
	assert_string_equal(found[0].label, "");
	load("disk/fat16", bytes);
	memset(bytes + 38 + 5, ' ', 11);
	assert_int_equal(superblock_parse(bytes, sizeof(bytes), found), 1);
	assert_string_equal(found[0].label, "");
}

static void nothing_there(void **state)
{
	struct superblock found[SUPERBLOCK_TYPES];
	static uint8_t bytes[SUPERBLOCK_SIZE];

	(void)state;
	assert_int_equal(superblock_parse(bytes, sizeof(bytes), found), 0);
	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal(superblock_parse(bytes, sizeof(bytes), found), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden),
		cmocka_unit_test(cut_ones_have_none),
		cmocka_unit_test(one_over_another),
		cmocka_unit_test(labels_without_an_end),
		cmocka_unit_test(nothing_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
