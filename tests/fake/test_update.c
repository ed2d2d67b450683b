/* SPDX-License-Identifier: Apache-2.0 */
/* Boots with a record: candidates, what happens when one falls, the factory's image. */
#include "fake/machine.h"
#include "fake/records.h"

static char factory[DIGEST_HEX_SIZE];

static void candidate_is_counted(void **state)
{
	struct record record;

	(void)state;
	plain_machine();
	put_two(3);
	assert_boots();
	assert_runs("candidate", candidate);
	record = record_of_store();
	assert_int_equal(record.tries_left, 2);
	assert_int_equal(record.boots, 1);
	assert_string_equal(fake_text_of("/run/lamina/keeper"), "100\n");
	assert_non_null(strstr(fake_text_of("/run/lamina/policy"), "compatible acme,"));
	assert_non_null(strstr(fake_text_of("/run/lamina/keyring"), "key "));
}

/* The number of the first call with that in it, 0 for none. */
static int call_of(const char *part)
{
	for (int n = 1; n <= fake_calls(); n++) {
		if (strstr(fake_call(n), part))
			return n;
	}
	return 0;
}

/* A thousand power cycles later the disk is as it was, and nobody stays behind. */
static void confirmed_writes_nothing(void **state)
{
	(void)state;
	plain_machine();
	machine.policy = "watchdog /dev/watchdog 30\nconfirm after 1\n";
	put_two(0);
	fake_watchdog(60, 60);
	assert_boots();
	assert_runs("current", current);
	assert_false(fake_called("openat2 keeper"));
	assert_false(fake_called("pwrite"));
	assert_false(fake_called("mount - at /run/lamina/private/store"));
	assert_false(fake_watchdog_runs());
	assert_true(call_of("openat /dev/watchdog") > 0);
	assert_true(call_of("openat /dev/watchdog") < call_of("fsopen ext4"));
}

/* What init leaves for others of the candidate that fell. */
static void assert_failed(const char *reason)
{
	char wanted[160];
	int size =
		snprintf(wanted, sizeof(wanted), "id=%s\nreason=%s", candidate, reason);

	assert_memory_equal(fake_text_of("/run/lamina/failed"), wanted, (size_t)size);
}

/* What lasts of a start that is counted, and of a fall: above all when the record is
 * written, and flushed. */
static void as_written(void **state)
{
	(void)state;
	plain_machine();
	put_two(3);
	assert_boots();
	assert_runs("candidate", candidate);
	fake_as_written("boot-candidate");
	put_two(3);
	break_image(11);
	assert_boots();
	fake_as_written("boot-fall");
}

static void falls(void **state)
{
	struct record record;

	(void)state;
	plain_machine();
	put_two(3);
	break_image(11);
	assert_boots();
	assert_runs("current", current);
	assert_non_null(strstr(fake_console(), "lamina-init: candidate image "));
	assert_non_null(strstr(fake_console(), "root hash does not match"));
	record = record_of_store();
	assert_false(digest_is_set(&record.candidate));
	assert_int_equal(record.reason, RECORD_REASON_CORRUPT);
	assert_id(&record.failed, candidate);
	assert_failed("layer 0 (sha256:");
	assert_non_null(
		strstr(fake_text_of("/run/lamina/failed"), "root hash does not match\n"));
	assert_false(fake_called("openat2 keeper"));
}

static void used_up_by(void (*end)(void), enum record_reason reason)
{
	struct record record;

	put_two(1);
	stored.tries_left = 0;
	put_record();
	if (end)
		end();
	assert_boots();
	assert_runs("current", current);
	record = record_of_store();
	assert_int_equal(record.reason, reason);
	assert_id(&record.failed, candidate);
	assert_failed(record_reason_words(reason));
	assert_false(fake_watchdog_runs());
}

static void fired(void)
{
	fake_watchdog(60, 60);
	fake_watchdog_fired();
}

static void panicked(void)
{
	fired();
	fake_dir("@sysfs:fs/pstore");
	fake_text("@pstore:dmesg-ramoops-0", "Panic#1 Part1\n<0>it went wrong\n");
	fake_text("@pstore:dmesg-ramoops-1", "Oops#1 Part1\n<0>not so bad\n");
	fake_text("@pstore:console-ramoops-0", "what was said\n");
}

static void only_an_oops(void)
{
	fake_dir("@sysfs:fs/pstore");
	fake_text("@pstore:dmesg-ramoops-1", "Oops#1 Part1\n<0>not so bad\n");
}

static void how_the_last_run_ended(void **state)
{
	(void)state;
	plain_machine();
	machine.policy = "watchdog /dev/watchdog 30\n";
	used_up_by(NULL, RECORD_REASON_TRIES);
	used_up_by(fired, RECORD_REASON_WATCHDOG);
	used_up_by(panicked, RECORD_REASON_PANIC);
	assert_string_equal(fake_text_of("/run/lamina/panic"),
			    "Panic#1 Part1\n<0>it went wrong\n");
	assert_true(fake_called("unlinkat dmesg-ramoops-0"));
	assert_true(fake_called("unlinkat dmesg-ramoops-1"));
	assert_false(fake_called("unlinkat console-ramoops-0"));
	used_up_by(only_an_oops, RECORD_REASON_TRIES);
	assert_false(fake_exists("/run/lamina/panic"));
}

/* No start of a candidate goes unguarded where the policy wants a guard. */
static void watchdog_missing(void **state)
{
	(void)state;
	plain_machine();
	machine.policy = "watchdog /dev/watchdog 30\n";
	put_two(3);
	assert_boots();
	assert_runs("current", current);
	assert_non_null(strstr(fake_console(), ": watchdog /dev/watchdog: No such file"));
}

static void factory_in_the_initramfs(void **state)
{
	(void)state;
	plain_machine();
	machine.policy = "factory /factory\n";
	put_two(0);
	put_serial("/factory/", 12, factory);
	assert_boots();
	assert_runs("current", current);
	assert_false(fake_called("/factory"));
	put_two(0);
	put_serial("/factory/", 12, factory);
	break_image(10);
	assert_boots();
	assert_runs("factory", factory);
	assert_non_null(strstr(fake_console(), "lamina-init: current image "));
}

static void factory_without_a_store(void **state)
{
	(void)state;
	plain_machine();
	machine.store = "/dev/vdc";
	machine.policy = "factory /factory\n";
	put_two(0);
	put_serial("/factory/", 12, factory);
	assert_boots();
	assert_runs("factory", factory);
	assert_non_null(strstr(fake_console(), "lamina-init: store /dev/vdc: "));
	put_two(0);
	fake_dir("/factory/images");
	assert_fails(-ENOENT, "no image in images/");
}

static void factory_on_a_disk(void **state)
{
	static const char disk[4096];

	(void)state;
	plain_machine();
	machine.policy = "factory /dev/vdb\n";
	put_two(0);
	fake_disk("vdb", NULL, "DEVNAME=vdb\nDEVTYPE=disk\n", disk, sizeof(disk));
	put_serial("@/dev/vdb:", 12, factory);
	break_image(10);
	assert_boots();
	assert_runs("factory", factory);
	assert_string_equal(fake_type_of("/run/lamina/private/factory"), "ext4");
	put_two(0);
	break_image(10);
	assert_fails(-ENXIO, "factory /dev/vdb: ");
	assert_non_null(strstr(fake_console(), "lamina-init: current image "));
}

static void asked_for_on_the_command_line(void **state)
{
	(void)state;
	plain_machine();
	machine.cmdline = "lamina.use=previous\n";
	put_two(3);
	assert_boots();
	assert_runs("candidate", candidate); /* the policy does not allow it */
	machine.policy = "allow use\nfactory /factory\n";
	put_two(3);
	assert_boots();
	assert_runs("current", current);
	assert_int_equal(record_of_store().tries_left, 3);
	assert_false(fake_called("openat2 keeper"));
	machine.cmdline = "lamina.use=factory\n";
	put_two(3);
	put_serial("/factory/", 12, factory);
	assert_boots();
	assert_runs("factory", factory);
	assert_int_equal(record_of_store().tries_left, 3);
}

static void record_on_a_device(void **state)
{
	static uint8_t disk[RECORD_ROOM];

	(void)state;
	plain_machine();
	machine.policy = "state /dev/vdb\n";
	put_two(3);
	memcpy(disk, record_bytes, sizeof(disk));
	fake_disk("vdb", NULL, "DEVNAME=vdb\nDEVTYPE=disk\n", disk, sizeof(disk));
	stored.tries_left = 0;
	put_record(); /* not this one */
	assert_boots();
	assert_runs("candidate", candidate);
	assert_non_null(strstr(fake_console(), "), candidate, try 1 of 3, "));
	assert_false(fake_called("mount - at /run/lamina/private/store"));
	/* without the device nothing is started: see test_update-record.c */
	put_two(3);
	assert_fails(-ENXIO, "without its record: state: /dev/vdb: not there after");
}

static void setup_two(void)
{
	put_two(3);
	fake_watchdog(60, 60);
	fake_boot();
}

/* Whichever call fails, something boots, and no candidate that was not counted. */
static void check_start(int r, const char *call)
{
	const char *bytes = fake_text_of("/run/lamina/private/store/state");
	const char *image = fake_text_of("/run/lamina/image");

	if (r < 0)
		return;
	if (!bytes || !image)
		fail_msg("%s: no %s", call, bytes ? "image" : "state");
	if (strstr(image, "slot=candidate")) {
		struct record a, b;

		a.tries_left = b.tries_left = 3;
		(void)record_decode((const uint8_t *)bytes, &a, NULL);
		(void)record_decode((const uint8_t *)bytes + RECORD_STRIDE, &b, NULL);
		if (a.tries_left != 2 && b.tries_left != 2)
			fail_msg("%s: a candidate was started and not counted", call);
	} else if (!strstr(fake_console(), "lamina-init: candidate image ") &&
		   !strstr(fake_console(), "lamina-init: store: ") &&
		   !strstr(fake_console(), "lamina-init: boot record: ")) {
		fail_msg("%s: no reason why the candidate was not started: %s", call,
			 fake_console());
	}
}

static void every_call_fails_once(void **state)
{
	(void)state;
	plain_machine();
	machine.policy = "watchdog /dev/watchdog 30\n";
	assert_true(sweep_boot(setup_two, fake_forgives_all, check_start) > 150);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(candidate_is_counted),
		cmocka_unit_test(confirmed_writes_nothing),
		cmocka_unit_test(falls),
		cmocka_unit_test(as_written),
		cmocka_unit_test(how_the_last_run_ended),
		cmocka_unit_test(watchdog_missing),
		cmocka_unit_test(factory_in_the_initramfs),
		cmocka_unit_test(factory_without_a_store),
		cmocka_unit_test(factory_on_a_disk),
		cmocka_unit_test(asked_for_on_the_command_line),
		cmocka_unit_test(record_on_a_device),
		cmocka_unit_test(every_call_fails_once),
	};

	return cmocka_run_group_tests(tests, make_key, NULL);
}
