/* SPDX-License-Identifier: Apache-2.0 */
/* Docker's rule, as its own tests of a restart manager have it and then as its text has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "supervise/restart.h"

static uint64_t delay_ms;

/* A run of one second that is followed by another after 100 ms. */
static void first_delay(void **state)
{
	struct restart restart = { .policy = MANIFEST_RESTART_ALWAYS };

	(void)state;
	assert_true(restart_again(&restart, false, 1000, &delay_ms));
	assert_int_equal(delay_ms, 100);
	assert_int_equal(restart.count, 1);
}

/* 10 seconds take the delay back, whatever the end was; a hair less does not. */
static void delay_after_a_good_run(void **state)
{
	struct restart restart = { .policy = MANIFEST_RESTART_ALWAYS, .delay_ms = 5000 };

	(void)state;
	assert_true(restart_again(&restart, false, 10000, &delay_ms));
	assert_int_equal(delay_ms, 100);
	restart.delay_ms = 5000;
	assert_true(restart_again(&restart, true, 3600000, &delay_ms));
	assert_int_equal(delay_ms, 100);
	restart.delay_ms = 5000;
	assert_true(restart_again(&restart, true, 9999, &delay_ms));
	assert_int_equal(delay_ms, 10000);
}

static void doubled_up_to_a_minute(void **state)
{
	static const uint64_t expected[] = { 100,  200,	  400,	 800,	1600,  3200,
					     6400, 12800, 25600, 51200, 60000, 60000 };
	struct restart restart = { .policy = MANIFEST_RESTART_ALWAYS };

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		assert_true(restart_again(&restart, true, 0, &delay_ms));
		assert_int_equal(delay_ms, expected[i]);
	}
}

static void never(void **state)
{
	struct restart restart = { .policy = MANIFEST_RESTART_NO };

	(void)state;
	assert_false(restart_again(&restart, true, 0, &delay_ms));
	assert_false(restart_again(&restart, false, 20000, &delay_ms));
	assert_int_equal(restart.count, 0);
}

/* The count is of restarts, and a good run takes none back. */
static void on_failure(void **state)
{
	struct restart restart = { .policy = MANIFEST_RESTART_ON_FAILURE, .most = 2 };

	(void)state;
	assert_false(restart_again(&restart, false, 0, &delay_ms));
	assert_int_equal(restart.count, 0);
	assert_true(restart_again(&restart, true, 0, &delay_ms));
	assert_true(restart_again(&restart, true, 20000, &delay_ms));
	assert_false(restart_again(&restart, true, 0, &delay_ms));
	assert_int_equal(restart.count, 2);
	restart = (struct restart){ .policy = MANIFEST_RESTART_ON_FAILURE };
	for (int i = 0; i < 1000; i++)
		assert_true(restart_again(&restart, true, 0, &delay_ms));
	assert_false(restart_again(&restart, false, 0, &delay_ms));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_delay),
		cmocka_unit_test(delay_after_a_good_run),
		cmocka_unit_test(doubled_up_to_a_minute),
		cmocka_unit_test(never),
		cmocka_unit_test(on_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
