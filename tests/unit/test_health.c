/* SPDX-License-Identifier: Apache-2.0 */
/* The states of a HEALTHCHECK, first as Docker's own test walks through them, then in time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "supervise/health.h"

static struct manifest manifest;
static struct health health;

static void begin(const struct manifest_health *times)
{
	manifest_init(&manifest);
	manifest.health_arg_count = 1;
	if (times)
		manifest.health = *times;
	health_init(&health, &manifest);
	assert_int_equal(health.state, HEALTH_NONE);
	health_begin(&health, 1000);
	assert_int_equal(health.state, HEALTH_STARTING);
}

/* One check, that starts and ends @at_ms. */
static void result(bool good, uint64_t at_ms)
{
	health_checking(&health, at_ms);
	health_result(&health, good, at_ms);
}

static void states(void **state)
{
	(void)state;
	begin(NULL);
	/* starting -> failed -> success -> failed */
	result(false, 2000);
	assert_int_equal(health.state, HEALTH_STARTING);
	assert_int_equal(health.failures, 1);
	result(true, 3000);
	assert_int_equal(health.state, HEALTH_HEALTHY);
	assert_int_equal(health.since_ms, 3000);
	assert_int_equal(health.failures, 0);
	result(false, 4000);
	assert_int_equal(health.state, HEALTH_HEALTHY);
	assert_int_equal(health.failures, 1);
	/* so many in a row */
	result(false, 5000);
	result(false, 6000);
	assert_int_equal(health.state, HEALTH_UNHEALTHY);
	assert_int_equal(health.failures, 3);
	/* and back */
	result(true, 7000);
	assert_int_equal(health.state, HEALTH_HEALTHY);
	assert_int_equal(health.failures, 0);
}

static void start_period(void **state)
{
	const struct manifest_health times = { 10, 5, 30, 2, 1 };

	(void)state;
	begin(&times);
	assert_int_equal(health_next(&health), 3000); /* the start's own interval */
	result(false, 3000);
	assert_int_equal(health.state, HEALTH_STARTING);
	assert_int_equal(health.failures, 0);
	assert_int_equal(health_next(&health), 5000);
	/* over, and the first that counts is enough */
	result(false, 31000);
	assert_int_equal(health.state, HEALTH_UNHEALTHY);
	/* within it, but it has been healthy once */
	begin(&times);
	result(true, 3000);
	assert_int_equal(health_next(&health), 13000);
	result(false, 4000);
	assert_int_equal(health.state, HEALTH_UNHEALTHY);
}

static void intervals_and_time_out(void **state)
{
	(void)state;
	begin(NULL);
	assert_int_equal(health_next(&health), 31000);
	assert_int_equal(health_due(&health, 30999), HEALTH_NOTHING);
	assert_int_equal(health_due(&health, 31000), HEALTH_CHECK);
	health_checking(&health, 31000);
	assert_int_equal(health_next(&health), 61000);
	/* its end counts, not its start */
	health_result(&health, true, 40000);
	assert_int_equal(health_next(&health), 70000);
	assert_int_equal(health_due(&health, 70000), HEALTH_CHECK);
	health_checking(&health, 70000);
	assert_int_equal(health_due(&health, 100000), HEALTH_KILL);
	assert_int_equal(health.failures, 1);
	/* one that can't be killed is not waited for, and no other is started */
	assert_int_equal(health_due(&health, 1000000), HEALTH_NOTHING);
	assert_int_equal(health_next(&health), UINT64_MAX);
	/* it counts once, whatever its status */
	health_result(&health, true, 1000000);
	assert_int_equal(health.failures, 1);
	assert_int_equal(health.state, HEALTH_HEALTHY);
	assert_int_equal(health_next(&health), 1030000);
}

/* A new start knows nothing of the one before; a check of that may still end. */
static void started_again(void **state)
{
	(void)state;
	begin(NULL);
	for (int i = 0; i < 3; i++)
		result(false, 2000);
	assert_int_equal(health.state, HEALTH_UNHEALTHY);
	health_checking(&health, 3000);
	health_end(&health, 3500);
	assert_int_equal(health.state, HEALTH_NONE);
	health_result(&health, true, 3600);
	assert_int_equal(health.state, HEALTH_NONE);
	assert_int_equal(health_next(&health), UINT64_MAX);
	health_begin(&health, 4000);
	assert_int_equal(health.state, HEALTH_STARTING);
	assert_int_equal(health.failures, 0);
	assert_int_equal(health_next(&health), 34000);
}

static void no_check(void **state)
{
	(void)state;
	manifest_init(&manifest);
	health_init(&health, &manifest);
	health_begin(&health, 1000);
	assert_int_equal(health.state, HEALTH_NONE);
	assert_int_equal(health_next(&health), UINT64_MAX);
	assert_int_equal(health_due(&health, 1000000), HEALTH_NOTHING);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(states),
		cmocka_unit_test(start_period),
		cmocka_unit_test(intervals_and_time_out),
		cmocka_unit_test(started_again),
		cmocka_unit_test(no_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
