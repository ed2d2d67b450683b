/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guard.h"

#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* Where fork() is when the signal comes: before it, after it, or after it in the child. */
static enum moment { NEVER, BEFORE, AFTER, IN_CHILD } when;

static void terminate(enum moment now)
{
	if (when == now)
		(void)raise(SIGTERM);
}

static long pass_on(long number, va_list ap)
{
	long (*next)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	long words[4];

	for (size_t i = 0; i < 4; i++)
		words[i] = va_arg(ap, long);
	return next(number, words[0], words[1], words[2], words[3]);
}

/* In place of libc's: sys_fork() calls it. */
long syscall(long number, ...)
{
	va_list ap;
	long r;

	va_start(ap, number);
	if (number == SYS_clone) {
		terminate(BEFORE);
		r = fork();
		terminate(r ? AFTER : IN_CHILD);
	} else {
		r = pass_on(number, ap);
	}
	va_end(ap);
	return r;
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
