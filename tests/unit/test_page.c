/* SPDX-License-Identifier: Apache-2.0 */
/* What is given back is zero again, and neighbours aren't; code goes on, a page at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "base/page.h"

#define PAGE 4096

static PAGE_ALIGNED char room[4 * PAGE];

static void its_whole_pages_alone(void **state)
{
	(void)state;
	memset(room, 'x', sizeof(room));
	page_give_back(room + 1, sizeof(room) - 2);
	for (size_t i = 0; i < sizeof(room); i++) {
		bool inside = i >= PAGE && i < 3 * PAGE;

		assert_int_equal(room[i], inside ? 0 : 'x');
	}
}

static void nothing_of_less_than_a_page(void **state)
{
	(void)state;
	memset(room, 'x', sizeof(room));
	page_give_back(room + 1, PAGE);
	for (size_t i = 0; i < sizeof(room); i++)
		assert_int_equal(room[i], 'x');
}

/* Wherever a page begins in it: nothing that is in use goes, and what was deeper does. */
__attribute__((noinline, no_sanitize("address"))) static void
use_deep(uintptr_t *ret_within)
{
	volatile char deep[8 * PAGE];

	for (size_t i = 0; i < sizeof(deep); i++)
		deep[i] = 'x';
	*ret_within = (uintptr_t)&deep[PAGE];
}

static void give_back_from(size_t depth)
{
	volatile char *own = __builtin_alloca(depth);
	unsigned char there = 1;
	uintptr_t deep;

	for (size_t i = 0; i < depth; i++)
		own[i] = (char)i;
	use_deep(&deep);
	page_give_back_stack(16 * (size_t)PAGE);
	for (size_t i = 0; i < depth; i++)
		assert_int_equal(own[i], (char)i);
	assert_int_equal(mincore((void *)(deep / PAGE * PAGE), PAGE, &there), 0);
	assert_int_equal(there & 1, 0);
}

static void a_stack_below_its_user(void **state)
{
	(void)state;
	for (size_t depth = 16; depth < 2 * PAGE; depth += 16)
		give_back_from(depth);
}

/* Bytes and KiB resident of the mapping that the code is in. */
static void look(size_t *ret_size, size_t *ret_kib)
{
	uintptr_t at = (uintptr_t)page_give_back_code;
	unsigned long from = 0, to = 0;
	char line[512];
	FILE *file = fopen("/proc/self/smaps", "r");

	assert_non_null(file);
	*ret_size = 0;
	while (fgets(line, sizeof(line), file)) {
		bool here = at >= from && at < to;

		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			continue;
		if (here && sscanf(line, "Rss: %zu kB", ret_kib) == 1)
			*ret_size = to - from;
	}
	(void)fclose(file);
}

static void code_a_page_at_a_time(void **state)
{
	size_t size, kib;

	(void)state;
	look(&size, &kib);
	if (size < 2 * PAGE)
		skip();
	page_give_back_code();
	look(&size, &kib);
	assert_int_equal(size, PAGE);
	assert_true(kib <= PAGE / 1024);
	/* once more, of what came back */
	page_give_back_code();
	its_whole_pages_alone(state);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_whole_pages_alone),
		cmocka_unit_test(nothing_of_less_than_a_page),
		cmocka_unit_test(a_stack_below_its_user),
		cmocka_unit_test(code_a_page_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
