/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guard.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* Where fork() is when the signal comes: before it, after it, or after it in the child.
 */
static enum moment {
	NEVER,
	BEFORE,
	AFTER,
	IN_CHILD
} when;

static void terminate(enum moment now)
{
	if (when == now)
		(void)raise(SIGTERM);
}

/* In place of sys_fork(), linked with --wrap. libc's own keeps raise() right in the
 * child. */
pid_t __wrap_sys_fork(void);

pid_t __wrap_sys_fork(void)
{
	pid_t pid;

	terminate(BEFORE);
	pid = fork();
	terminate(pid ? AFTER : IN_CHILD);
	return pid;
}

static int work(void *context, uint64_t ret_counts[GUARD_COUNTS], struct err *err)
{
	const struct timespec time = { .tv_sec = *(const int *)context };

	(void)nanosleep(&time, NULL);
	ret_counts[0] = 7;
	ret_counts[1] = 8;
	return err_set(err, 0, "done");
}

static int guard(int seconds, struct err *err)
{
	uint64_t counts[GUARD_COUNTS] = { 0 };
	int r = guard_run(work, &seconds, counts, err);

	assert_int_equal(counts[0], r == 0 ? 7 : 0);
	assert_int_equal(counts[1], r == 0 ? 8 : 0);
	return r;
}

static void what_it_returns(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	when = NEVER;
	assert_int_equal(guard(0, &err), 0);
}

static void no_signal_is_lost(void **state)
{
	static const enum moment moments[] = { BEFORE, AFTER, IN_CHILD };

	(void)state;
	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		struct err err = ERR_INIT;

		when = moments[i];
		assert_int_equal(guard(2, &err), -EINTR);
		assert_string_equal(err.text, "interrupted");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_returns),
		cmocka_unit_test(no_signal_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
