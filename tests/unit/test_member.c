/* SPDX-License-Identifier: Apache-2.0 */
/* A supervised application's states, by a clock that is a number. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "supervise/member.h"

#define FAILED (1 << 8)

static struct manifest manifest;
static struct member member;

static void begin(enum manifest_restart restart, uint64_t most)
{
	manifest_init(&manifest);
	manifest.restart = restart;
	manifest.restart_most = most;
	member_init(&member, &manifest);
	assert_int_equal(member_due(&member, 0), MEMBER_START);
	member_began(&member, 0);
	assert_int_equal(member.state, MEMBER_RUNNING);
	assert_int_equal(member_next(&member), UINT64_MAX);
}

static void started_again(void **state)
{
	(void)state;
	begin(MANIFEST_RESTART_ALWAYS, 0);
	member_ended(&member, 0, 5000);
	assert_int_equal(member.state, MEMBER_WAITING);
	assert_int_equal(member_next(&member), 5100);
	assert_int_equal(member_due(&member, 5099), MEMBER_NOTHING);
	assert_int_equal(member_due(&member, 5100), MEMBER_START);
	member_began(&member, 5100);
	member_ended(&member, FAILED, 6000);
	assert_int_equal(member_next(&member), 6200);
	/* no process at all: 0 ms of running */
	member_ended(&member, -ENOMEM, 6200);
	assert_int_equal(member_next(&member), 6600);
	assert_int_equal(member.restart.count, 3);
}

/* The first start alone waits, and no longer than until then. */
static void needs_something(void **state)
{
	(void)state;
	manifest_init(&manifest);
	member_init(&member, &manifest);
	member_wait(&member, 30000);
	assert_int_equal(member_due(&member, 29999), MEMBER_NOTHING);
	assert_int_equal(member_next(&member), 30000);
	member_hurry(&member, 700);
	assert_int_equal(member_due(&member, 700), MEMBER_START);
	member_began(&member, 700);
	member_ended(&member, FAILED, 800);
	member_hurry(&member, 801);
	assert_int_equal(member_next(&member), 900);
	member_init(&member, &manifest);
	member_wait(&member, 30000);
	assert_int_equal(member_due(&member, 30000), MEMBER_START);
}

static void used_up(void **state)
{
	(void)state;
	begin(MANIFEST_RESTART_ON_FAILURE, 1);
	member_ended(&member, FAILED, 10);
	assert_int_equal(member_due(&member, 110), MEMBER_START);
	member_began(&member, 110);
	member_ended(&member, FAILED, 120);
	assert_int_equal(member.state, MEMBER_EXHAUSTED);
	assert_int_equal(member_next(&member), UINT64_MAX);
	assert_int_equal(member_due(&member, 1000000), MEMBER_NOTHING);
	/* a person may start it all the same */
	assert_false(member_stop(&member, true, 2000));
	assert_int_equal(member_due(&member, 2000), MEMBER_START);
	begin(MANIFEST_RESTART_NO, 0);
	member_ended(&member, 0, 10);
	assert_int_equal(member.state, MEMBER_DONE);
}

static void stopped(void **state)
{
	(void)state;
	begin(MANIFEST_RESTART_ALWAYS, 0);
	assert_true(member_stop(&member, false, 1000));
	assert_int_equal(member.state, MEMBER_STOPPING);
	assert_int_equal(member_next(&member), 11000);
	assert_false(member_stop(&member, false, 2000)); /* is under way */
	assert_int_equal(member_due(&member, 10999), MEMBER_NOTHING);
	assert_int_equal(member_due(&member, 11000), MEMBER_KILL);
	assert_int_equal(member_due(&member, 12000), MEMBER_NOTHING);
	assert_true(member_lives(&member));
	member_ended(&member, 9, 11010);
	assert_int_equal(member.state, MEMBER_STOPPED);
	assert_int_equal(member.restart.count, 0);
	/* one that waits for its next start does not get it */
	begin(MANIFEST_RESTART_ALWAYS, 0);
	member_ended(&member, FAILED, 10);
	assert_false(member_stop(&member, false, 20));
	assert_int_equal(member_due(&member, 100000), MEMBER_NOTHING);
}

static void restarted(void **state)
{
	(void)state;
	begin(MANIFEST_RESTART_NO, 0);
	assert_true(member_stop(&member, true, 1000));
	member_ended(&member, FAILED, 1500);
	assert_int_equal(member_due(&member, 1500), MEMBER_START);
	member_began(&member, 1500);
	/* and then for good, before it has ended */
	assert_true(member_stop(&member, true, 2000));
	assert_false(member_stop(&member, false, 2001));
	member_ended(&member, 0, 2010);
	assert_int_equal(member.state, MEMBER_STOPPED);
	assert_false(member_stop(&member, true, 3000));
	assert_int_equal(member_due(&member, 3000), MEMBER_START);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(started_again), cmocka_unit_test(needs_something),
		cmocka_unit_test(used_up),	 cmocka_unit_test(stopped),
		cmocka_unit_test(restarted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
