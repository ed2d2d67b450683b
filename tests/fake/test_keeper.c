/* SPDX-License-Identifier: Apache-2.0 */
/* The process beside a candidate: when it confirms, when it lets the device be reset. */
#include "base/sys.h"
#include "fake/machine.h"
#include "fake/records.h"

static int sleeps, ends_after;
static bool never; /* may it be confirmed */

static void count_sleep(void)
{
	if (++sleeps != ends_after)
		return;
	if (fake_failed() && strstr(fake_failed(), "sigaction"))
		sys_exit(0); /* nothing else ends it */
	fake_terminate();
}

/* Boots, and goes on as the keeper (the first fork), or as the check it makes. */
static enum fake_end keep(unsigned int forks, int terminated_after)
{
	struct err err = ERR_INIT;
	int value = -1;
	enum fake_end end;

	sleeps = 0;
	ends_after = terminated_after;
	fake_config.forks = forks;
	fake_config.on_sleep = count_sleep;
	end = fake_run(boot, &err, &value);
	if (end == FAKE_RETURNED)
		fail_msg("%d: %s", value, err.text);
	if (end == FAKE_EXITED)
		assert_int_equal(value, 0);
	return end;
}

static void policy(const char *lines)
{
	plain_machine();
	machine.policy = lines;
	put_two(3);
}

static void assert_confirmed(void)
{
	struct record record = record_of_store();

	assert_false(digest_is_set(&record.candidate));
	assert_id(&record.current, candidate);
	assert_id(&record.previous, current);
	assert_true(fake_exists("/run/lamina/confirmed"));
	assert_non_null(strstr(fake_console(), ": confirmed\n"));
}

static void assert_trying(unsigned int tries_left, bool reboot_spent)
{
	struct record record = record_of_store();

	assert_id(&record.candidate, candidate);
	assert_id(&record.current, current);
	assert_int_equal(record.tries_left, tries_left);
	assert_int_equal(record.reboot_spent, reboot_spent);
	assert_false(fake_exists("/run/lamina/confirmed"));
}

static void after(void **state)
{
	(void)state;
	policy("confirm after 5\nwatchdog /dev/watchdog 30\n");
	fake_watchdog(60, 60);
	assert_int_equal(keep(1, 0), FAKE_EXITED);
	assert_confirmed();
	assert_in_range(sleeps, 5, 6);
	assert_false(fake_watchdog_runs());
	/* shut down before */
	policy("confirm after 5\n");
	assert_int_equal(keep(1, 4), FAKE_EXITED);
	assert_trying(3, true);
}

/* The loader starts the candidate's kernel by itself before the record says that it is to. */
static void after_the_loader(void **state)
{
	static const char lines[] =
		"confirm after 5\nboot-slot PARTLABEL=a\nboot-slot PARTLABEL=b\n"
		"boot-loader efi\n";
	struct digest hash;

	(void)state;
	for (int status = 0; status < 2; status++) {
		policy(lines);
		/* the machine's kernel has no id, and images ask for none */
		assert_int_equal(sha256_of("", 0, &hash), 0);
		record_slot_put(&stored, &stored.candidate, BOOT_SLOT_B, &hash);
		put_record();
		fake_config.child_status = status << 8;
		assert_int_equal(keep(1, 20), FAKE_EXITED);
		assert_true(fake_called("fork"));
		if (status == 0) {
			assert_confirmed();
			continue;
		}
		assert_trying(3, true);
		assert_non_null(strstr(fake_console(),
				       "not confirmed: laminactl boot default b ended "
				       "with status 1"));
	}
	/* and that is what the second process executes */
	policy(lines);
	record_slot_put(&stored, &stored.candidate, BOOT_SLOT_B, &hash);
	put_record();
	fake_text("/bin/laminactl", "a program");
	assert_int_equal(keep(3, 0), FAKE_EXECED);
	assert_string_equal(fake_executed(), "/run/lamina/bin/laminactl boot default b");
	assert_trying(2, false);
}

static void confirmed_by_hand(void)
{
	if (++sleeps == 7)
		fake_text("/run/lamina/confirmed", "");
}

static void manual(void **state)
{
	struct err err = ERR_INIT;
	int value;

	(void)state;
	policy("watchdog /dev/watchdog 30\n");
	fake_watchdog(60, 60);
	sleeps = 0;
	fake_config.forks = 1;
	fake_config.on_sleep = confirmed_by_hand;
	assert_int_equal(fake_run(boot, &err, &value), FAKE_EXITED);
	assert_int_equal(sleeps, 7);
	assert_false(fake_watchdog_runs());
	/* that was somebody else's work */
	assert_int_equal(record_of_store().tries_left, 2);
}

static void not_confirmed_in_time(void **state)
{
	(void)state;
	policy("watchdog /dev/watchdog 30\n");
	fake_watchdog(60, 60);
	assert_int_equal(keep(1, 0), FAKE_REBOOTED);
	assert_in_range(fake_now_ms(), 30000, 31000);
	assert_trying(2, false);
	/* hardware that can't wait for so long is fed, but no longer */
	policy("watchdog /dev/watchdog 300\n");
	fake_watchdog(8, 16);
	assert_int_equal(keep(1, 0), FAKE_REBOOTED);
	assert_in_range(fake_now_ms(), 298000, 301000);
	/* no time of the policy's: the watchdog's own */
	policy("watchdog /dev/watchdog\n");
	fake_watchdog(8, 16);
	assert_int_equal(keep(1, 0), FAKE_REBOOTED);
	assert_in_range(fake_now_ms(), 8000, 9000);
}

/* Not even a confirmed image may be reset by a watchdog that nobody can stop. */
static void unstoppable(void **state)
{
	(void)state;
	policy("confirm after 5\nwatchdog /dev/watchdog 30\n");
	fake_watchdog(60, 60);
	fake_watchdog_nowayout();
	assert_int_equal(keep(1, 1000), FAKE_EXITED);
	assert_confirmed();
	assert_int_equal(sleeps, 1000);
	assert_true(fake_watchdog_runs());
	/* opened to see who had ended the last run */
	policy("watchdog /dev/watchdog 30\n");
	stored.tries_left = 0;
	put_record();
	fake_watchdog(60, 60);
	fake_watchdog_nowayout();
	assert_int_equal(keep(1, 1000), FAKE_EXITED);
	assert_non_null(strstr(fake_text_of("/run/lamina/image"), "slot=current\n"));
	assert_int_equal(sleeps, 1000);
}

static void check(void **state)
{
	(void)state;
	policy("confirm check /bin/well\n");
	assert_int_equal(keep(1, 0), FAKE_EXITED);
	assert_confirmed();
	assert_true(fake_called("waitpid 100"));
	policy("confirm check /bin/well\n");
	fake_config.child_status = 1 << 8;
	assert_int_equal(keep(1, 100), FAKE_EXITED);
	assert_trying(3, true);
	/* in the image's root, as root */
	policy("confirm check /bin/well\n");
	fake_text("@squashfs:bin/well", "#!/bin/sh\n");
	assert_int_equal(keep(3, 0), FAKE_EXECED);
	assert_string_equal(fake_executed(), "/bin/well");
	assert_false(fake_called("setresuid"));
}

static void reboot_given_back_once(void **state)
{
	(void)state;
	policy("");
	assert_int_equal(keep(1, 3), FAKE_EXITED);
	assert_trying(3, true);
	policy("");
	stored.reboot_spent = true;
	put_record();
	assert_int_equal(keep(1, 3), FAKE_EXITED);
	assert_trying(2, true);
}

/* Nothing that fails beside the application takes the try back or confirms by halves. */
static void setup_keeper(void)
{
	put_two(3);
	fake_watchdog(60, 60);
	fake_boot();
	fake_config.forks = 1;
	fake_config.on_sleep = count_sleep;
	sleeps = 0;
	ends_after = 300;
}

static void check_kept(int r, const char *call)
{
	const char *bytes = fake_text_of("/run/lamina/private/store/state");
	bool confirmed = false;

	if (r < 0 || !fake_called("sigaction"))
		return;
	if (!bytes)
		fail_msg("%s: no state", call);
	for (int i = 0; i < RECORD_COPIES; i++) {
		struct record record;

		if (record_decode((const uint8_t *)bytes + (size_t)i * RECORD_STRIDE,
				  &record, NULL) == 0)
			confirmed = confirmed || !digest_is_set(&record.candidate);
	}
	if (fake_exists("/run/lamina/confirmed") && !confirmed)
		fail_msg("%s: it says confirmed, and is not", call);
	if (confirmed && never)
		fail_msg("%s: confirmed, and nobody said so", call);
}

/* The check's answer is no, the first time. */
static void setup_ill(void)
{
	setup_keeper();
	fake_config.child_status = 1 << 8;
}

static void every_call_fails_once(void **state)
{
	(void)state;
	plain_machine();
	machine.policy = "confirm after 2\nwatchdog /dev/watchdog 30\n";
	assert_true(sweep_boot(setup_keeper, fake_forgives_all, check_kept) > 250);
	machine.policy = "confirm check /bin/well\nwatchdog /dev/watchdog 30\n";
	assert_true(sweep_boot(setup_keeper, fake_forgives_all, check_kept) > 250);
	never = true;
	machine.policy = "confirm check /bin/well\n";
	assert_true(sweep_boot(setup_ill, fake_forgives_all, check_kept) > 250);
	machine.policy = "confirm manual\n";
	assert_true(sweep_boot(setup_keeper, fake_forgives_all, check_kept) > 250);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(after),
		cmocka_unit_test(after_the_loader),
		cmocka_unit_test(manual),
		cmocka_unit_test(not_confirmed_in_time),
		cmocka_unit_test(unstoppable),
		cmocka_unit_test(check),
		cmocka_unit_test(reboot_given_back_once),
		cmocka_unit_test(every_call_fails_once),
	};

	return cmocka_run_group_tests(tests, make_key, NULL);
}
