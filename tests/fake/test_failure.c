/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/reboot.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/sys.h"
#include "fake/fake.h"
#include "init/pid1/console.h"
#include "init/pid1/failure.h"

static int fail_for_good(struct err *err)
{
	(void)err;
	failure_end();
}

static int sleeps;

static void leave_after_three(void)
{
	if (++sleeps == 3)
		sys_exit(99);
}

static void obeys_on_failure(void **state)
{
	static const struct {
		struct policy policy;
		int command;
		uint64_t ms;
		const char *words;
	} cases[] = {
		{ { .on_failure = POLICY_REBOOT, .on_failure_delay_s = 7 },
		  LINUX_REBOOT_CMD_RESTART,
		  7000,
		  "rebooting in 7 s\n" },
		{ { .on_failure = POLICY_REBOOT },
		  LINUX_REBOOT_CMD_RESTART,
		  0,
		  "rebooting\n" },
		{ { .on_failure = POLICY_POWEROFF },
		  LINUX_REBOOT_CMD_POWER_OFF,
		  0,
		  "powering off\n" },
		{ { .on_failure = POLICY_HALT },
		  (int)LINUX_REBOOT_CMD_HALT,
		  0,
		  "halted\n" },
#ifndef CONFIG_LAMINA_RESCUE
		{ { .on_failure = POLICY_RESCUE },
		  (int)LINUX_REBOOT_CMD_HALT,
		  0,
		  "but this build has none\n" },
#endif
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		int r = 0;

		fake_reset();
		fake_boot();
		console_open();
		failure_obey(&cases[i].policy);
		assert_int_equal(fake_run(fail_for_good, &err, &r), FAKE_REBOOTED);
		assert_int_equal(r, cases[i].command);
		assert_true(fake_now_ms() >= cases[i].ms &&
			    fake_now_ms() < cases[i].ms + 10);
		assert_non_null(strstr(fake_console(), cases[i].words));
	}
}

/* PID 1 must not end, not even when nothing works any more. */
static void a_reboot_that_fails(void **state)
{
	static const enum policy_failure ways[] = { POLICY_REBOOT, POLICY_POWEROFF,
						    POLICY_HALT };

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		const struct policy policy = { .on_failure = ways[i] };
		struct err err = ERR_INIT;
		int r = 0;

		fake_reset();
		fake_boot();
		console_open();
		failure_obey(&policy);
		sleeps = 0;
		fake_config.on_sleep = leave_after_three;
		/* the call after what it says, on the console and to its log */
		fake_fail(3, EPERM);
		assert_int_equal(fake_run(fail_for_good, &err, &r), FAKE_EXITED);
		assert_int_equal(r, 99);
		assert_true(fake_called("reboot"));
		assert_non_null(strstr(fake_console(),
				       "failed: Operation not permitted; the machine"));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(obeys_on_failure),
		cmocka_unit_test(a_reboot_that_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
