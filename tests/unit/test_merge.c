/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of signatures that nobody here can check; those of known keys are tool tests'. */
#include "bytes.h"

#include <stdio.h>

#include "trust/merge.h"

static const struct keyring nobody;

/* Keys @first to @last, whose signatures are of @fill. */
static struct signature_file file_of(int first, int last, uint8_t fill)
{
	struct signature_file file = { .count = 0 };

	for (int i = first; i <= last; i++) {
		struct key_line *line = &file.lines[file.count++];

		(void)snprintf(line->id, sizeof(line->id), "%016x", (unsigned int)i);
		line->size = 1;
		line->bytes[0] = fill;
	}
	return file;
}

static void ours_stay(void **state)
{
	struct signature_file ours = file_of(1, 3, 'o'), theirs = file_of(2, 5, 't');
	struct signature_file merged;

	(void)state;
	assert_int_equal(merge_signatures("m", 1, &ours, &theirs, &nobody, &merged), 1);
	assert_int_equal(merged.count, 5);
	for (size_t i = 0; i < merged.count; i++) {
		assert_int_equal(merged.lines[i].id[15], '1' + (int)i);
		assert_int_equal(merged.lines[i].bytes[0], i < 3 ? 'o' : 't');
	}
}

static void nothing_to_add(void **state)
{
	struct signature_file ours = file_of(1, 8, 'o'), theirs = file_of(3, 5, 't');
	struct signature_file merged;

	(void)state;
	assert_int_equal(merge_signatures("m", 1, &ours, &theirs, &nobody, &merged), 0);
	assert_int_equal(merged.count, 8);
	/* and where there is no room */
	theirs = file_of(8, 9, 't');
	assert_int_equal(merge_signatures("m", 1, &ours, &theirs, &nobody, &merged), 0);
	assert_int_equal(merged.lines[7].bytes[0], 'o');
	ours = file_of(1, 0, 'o');
	assert_int_equal(merge_signatures("m", 1, &ours, &theirs, &nobody, &merged), 1);
	assert_int_equal(merged.count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ours_stay),
		cmocka_unit_test(nothing_to_add),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
