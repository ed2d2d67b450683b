/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include <errno.h>

#include "base/str.h"
#include "pack/import/import-plan.h"

#define MOST 8

static struct source_layer layers[MOST];
static char text[256];

/* "1 2 | 3": the groups, by their layers' sizes. Layers before @split are the first
 * source's. */
static const char *plan(const uint64_t *sizes, size_t count, size_t split, size_t merge)
{
	struct source sources[2] = {
		{ .layers = layers, .layer_count = split },
		{ .layers = layers + split, .layer_count = count - split },
	};
	struct import_plan plan;
	struct str s;

	for (size_t i = 0; i < count; i++)
		layers[i] = (struct source_layer){ .fd = -1, .size_bytes = sizes[i] };
	assert_int_equal(import_plan_make(sources, 2, merge, &plan, NULL), 0);
	assert_int_equal(plan.source_count, count);
	str_init(&s, text, sizeof(text));
	for (size_t i = 0; i < plan.count; i++) {
		for (size_t j = 0; j < plan.groups[i].count; j++)
			str_addf(&s, "%s%llu", s.used ? " " : "",
				 (unsigned long long)plan.groups[i]
					 .sources[j]
					 ->size_bytes);
		str_add(&s, i + 1 < plan.count ? " |" : "");
	}
	import_plan_done(&plan);
	return text;
}

static void as_they_come(void **state)
{
	static const uint64_t sizes[] = { 5, 1, 2, 9 };

	(void)state;
	assert_string_equal(plan(sizes, 4, 4, 0), "5 | 1 | 2 | 9");
	assert_string_equal(plan(sizes, 4, 1, 0), "5 | 1 | 2 | 9");
	assert_string_equal(plan(sizes, 4, 0, 4), "5 | 1 | 2 | 9");
	assert_string_equal(plan(sizes, 4, 0, 100), "5 | 1 | 2 | 9");
}

static void small_neighbours_go_together(void **state)
{
	static const uint64_t sizes[] = { 5, 1, 2, 9 };

	(void)state;
	assert_string_equal(plan(sizes, 4, 2, 3), "5 | 1 2 | 9");
	assert_string_equal(plan(sizes, 4, 2, 2), "5 1 2 | 9");
	assert_string_equal(plan(sizes, 4, 2, 1), "5 1 2 9");
}

/* Of pairs that are equally small, the lowest: the same layers join each time. */
static void ties(void **state)
{
	static const uint64_t sizes[] = { 3, 3, 3, 3, 3 };

	(void)state;
	assert_string_equal(plan(sizes, 5, 5, 4), "3 3 | 3 | 3 | 3");
	assert_string_equal(plan(sizes, 5, 5, 3), "3 3 | 3 3 | 3");
	assert_string_equal(plan(sizes, 5, 5, 2), "3 3 | 3 3 3");
}

static void no_layer_at_all(void **state)
{
	struct source none = { .layer_count = 0 };
	struct import_plan plan;
	struct err err = ERR_INIT;

	(void)state;
	assert_refused(import_plan_make(&none, 1, 0, &plan, &err), -EINVAL, err,
		       "the sources have no layer");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_they_come),
		cmocka_unit_test(small_neighbours_go_together),
		cmocka_unit_test(ties),
		cmocka_unit_test(no_layer_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
