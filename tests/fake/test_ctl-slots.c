/* SPDX-License-Identifier: Apache-2.0 */
/* An update that brings a kernel: which slot is written, when, and what is never touched. */
#include "fake/boot-slots.h"

extern const struct cmd cmd_install;

static int install_new(struct err *err)
{
	char *words[] = { "/source", NULL };

	return run_cmd(&cmd_install, words, err);
}

static void assert_refuses(int number, const char *words)
{
	struct err err = ERR_INIT;
	int r = install_new(&err);

	if (!strstr(err.text, words))
		assert_string_equal(err.text, words);
	assert_int_equal(r, number);
	assert_true(disk_is("/dev/vdc", slot_a));
	assert_true(disk_is("/dev/vdd", slot_b));
	assert_memory_equal(fake_text_of("/dev/vdb"), sector, sizeof(sector));
	assert_null(fake_leaks());
}

static void assert_takes(const char *path)
{
	struct err err = ERR_INIT;
	int r = install_new(&err);
	struct record now;

	if (r < 0)
		fail_msg("%d: %s", r, err.text);
	assert_true(disk_has(path, &new));
	read_record(&now);
	assert_true(digest_equal(&now.candidate, &new.digest));
	assert_true(digest_equal(&now.current, &old.digest));
	assert_null(fake_leaks());
}

/* All of the image in the store, then the slot, then the record. */
static void as_written(void **state)
{
	(void)state;
	start_with_old();
	setup();
	assert_takes("/dev/vdd");
	assert_true(disk_is("/dev/vdc", slot_a));
	assert_words("lamina_default=a|");
	fake_as_written("ctl-slots");
}

/* The same once more writes neither slot nor sector. */
static void again(void **state)
{
	(void)state;
	start_with_old();
	put_slot(slot_b, &new);
	setup();
	assert_takes("/dev/vdd");
	assert_true(disk_is("/dev/vdd", slot_b));
	assert_false(fake_called("pwrite at 0, openat /dev"));
}

static void the_other_way_round(void **state)
{
	(void)state;
	start_with_old();
	put_slot(slot_a, NULL);
	put_slot(slot_b, &old);
	put_words("lamina_default=b|");
	setup();
	assert_takes("/dev/vdc");
	assert_true(disk_is("/dev/vdd", slot_b));
	assert_words("lamina_default=b|");
}

/* With the same in both, the loader's word says which one it will be next. */
static void both_have_it(void **state)
{
	(void)state;
	start_with_old();
	put_slot(slot_b, &old);
	put_words("lamina_default=b|");
	setup();
	assert_takes("/dev/vdc");
	assert_true(disk_is("/dev/vdd", slot_b));
}

/* The loader's own slot was bad, and it took the other: nothing is to start from what is being
 * written, and what was to be started once is not. */
static void the_loader_is_told_first(void **state)
{
	(void)state;
	start_with_old();
	put_words("lamina_default=b|lamina_once=b|bootcmd=evil|");
	setup();
	assert_takes("/dev/vdd");
	assert_words("lamina_default=a|");
}

static void nobody_knows_which_one_runs(void **state)
{
	(void)state;
	start_with_old();
	slot_a[5000] ^= 1;
	setup();
	assert_refuses(-ENXIO, "which boot slot runs can't be told");
}

static void room(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		start_with_old();
		setup();
		put_disk("vde", slot_a, BOOT_SIZE - 1);
		fake_text("/run/lamina/policy",
			  i ? "store /dev/vda\ncompatible acme,thermostat\n"
			      "boot-slot /dev/vdc\nboot-slot /dev/vde\n"
			      "boot-loader sector /dev/vdb\n"
			    : "store /dev/vda\ncompatible acme,thermostat\n"
			      "boot-slot /dev/vde\nboot-slot /dev/vdd\n"
			      "boot-loader sector /dev/vdb\n");
		assert_refuses(-ENOSPC, "/dev/vde has 29.2 KiB, less than");
		assert_false(fake_called("pwrite"));
		assert_false(fake_called("renameat"));
	}
}

static void no_slots(void **state)
{
	(void)state;
	start_with_old();
	setup();
	fake_text("/run/lamina/policy", "store /dev/vda\ncompatible acme,thermostat\n");
	assert_refuses(-ENOTSUP, "the policy names no boot slots");
	fake_text("/run/lamina/policy", "store /dev/vda\ncompatible acme,thermostat\n"
					"boot-slot /dev/vdc\nboot-slot /dev/vdx\n"
					"boot-loader sector /dev/vdb\n");
	assert_refuses(-ENXIO, "boot slots: /dev/vdx: not there");
}

/* The way back from what is tried is in the other slot. */
static void beside_a_trial(void **state)
{
	static struct test_image third;

	(void)state;
	image_layer(&third, 11, 4096);
	image_boot(&third, 12, BOOT_SIZE);
	image_sign(&third, 3);
	image_bundle(&third);
	bundle = third.bundle;
	bundle_size = third.bundle_size;
	start_with_new();
	setup();
	assert_refuses(-EBUSY,
		       "boot slot a is the current image's, and another one runs");
	image_release(&third);
	bundle = new.bundle;
	bundle_size = new.bundle_size;
}

/* Whatever call fails: the slot that runs is as it was, and the record has a candidate only
 * with its slot whole. */
static void check_failure(void)
{
	static char call[96];
	struct record now;

	(void)snprintf(call, sizeof(call), "%s", fake_failed());
	if (!disk_is("/dev/vdc", slot_a))
		fail_msg("%s: slot a was touched", call);
	assert_words("lamina_default=a|");
	if (fake_leaks())
		fail_msg("%s: left behind: %s", call, fake_leaks());
	read_record(&now);
	if (!digest_equal(&now.current, &old.digest))
		fail_msg("%s: another current image", call);
	if (digest_is_set(&now.candidate) && !disk_has("/dev/vdd", &new))
		fail_msg("%s: a candidate without a kernel", call);
}

static void every_call_fails(void **state)
{
	struct err err = ERR_INIT;
	bool failed = true;
	int n = 0;

	(void)state;
	while (failed) {
		start_with_old();
		setup();
		fake_fail(++n, EIO);
		(void)install_new(&err);
		failed = fake_failed();
		if (failed)
			check_failure();
		fake_fail(0, 0);
	}
	assert_true(n > 200);
	assert_true(disk_has("/dev/vdd", &new));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_written),
		cmocka_unit_test(again),
		cmocka_unit_test(the_other_way_round),
		cmocka_unit_test(both_have_it),
		cmocka_unit_test(the_loader_is_told_first),
		cmocka_unit_test(nobody_knows_which_one_runs),
		cmocka_unit_test(room),
		cmocka_unit_test(no_slots),
		cmocka_unit_test(beside_a_trial),
		cmocka_unit_test(every_call_fails),
	};

	return cmocka_run_group_tests(tests, start_boot, stop);
}
