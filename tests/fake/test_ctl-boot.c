/* SPDX-License-Identifier: Apache-2.0 */
/* The loader follows the record: reboot, confirm, rollback, reject, and by hand. */
#include "fake/boot-slots.h"

#include <sys/reboot.h>

extern const struct cmd cmd_boot, cmd_confirm, cmd_install, cmd_reboot, cmd_reject,
	cmd_rollback, cmd_status;

static const struct cmd *command;
static char *words[4];

static int run_words(struct err *err)
{
	return run_cmd(command, words, err);
}

/* The command's result; FAKE_REBOOTED's is 1. */
static int give(const struct cmd *cmd, const char *first, const char *second,
		struct err *err)
{
	enum fake_end end;
	int r;

	command = cmd;
	words[0] = (char *)(uintptr_t)first;
	words[1] = (char *)(uintptr_t)second;
	end = fake_run(run_words, err, &r);
	return end == FAKE_RETURNED ? r : end == FAKE_REBOOTED ? 1 : -ECHILD;
}

static void assert_gives(int expected, const struct cmd *cmd, const char *first,
			 const char *second)
{
	struct err err = ERR_INIT;
	int r = give(cmd, first, second, &err);

	if (r != expected)
		fail_msg("%s: %d, not %d: %s", cmd->name, r, expected, err.text);
	assert_null(fake_leaks());
}

static void note(const struct test_image *image, enum boot_slot slot)
{
	struct digest hash;
	char id[16];

	(void)snprintf(id, sizeof(id), "k%.8s", image->boot.hex);
	assert_int_equal(sha256_of(id, strlen(id), &hash), 0);
	record_slot_put(&record, &image->digest, slot, &hash);
}

/* Installed into slot b, and the old one runs. */
static void start_installed(void)
{
	start_with_new();
	running_slot = "current";
	record.tries_left = 3;
	note(&old, BOOT_SLOT_A);
	note(&new, BOOT_SLOT_B);
	setup();
}

/* It is being tried, from there. */
static void start_trying(void)
{
	start_with_new();
	note(&old, BOOT_SLOT_A);
	note(&new, BOOT_SLOT_B);
	setup();
}

/* The old one is current again, and the new one before it. */
static void start_previous(void)
{
	start_with_old();
	record.previous = new.digest;
	put_slot(slot_b, &new);
	note(&old, BOOT_SLOT_A);
	note(&new, BOOT_SLOT_B);
	setup();
}

static void what_install_says(void **state)
{
	struct record now;

	(void)state;
	start_with_old();
	setup();
	assert_gives(0, &cmd_install, "/source", NULL);
	read_record(&now);
	assert_int_equal(record_slot(&now, &new.digest), BOOT_SLOT_B);
	assert_int_equal(record_slot(&now, &old.digest), BOOT_SLOT_A);
	assert_false(record_is_armed(&now));
}

/* The current image once more, after its slot rotted and the loader took the other. */
static void a_slot_that_rotted(void **state)
{
	struct record now;

	(void)state;
	start_with_new();
	record = (struct record){ .current = new.digest, .previous = old.digest };
	running_slot = "previous";
	put_words("lamina_default=b|");
	slot_b[20000] ^= 4;
	setup();
	assert_gives(0, &cmd_install, "/source", NULL);
	assert_true(disk_has("/dev/vdd", &new));
	assert_words("lamina_default=b|");
	read_record(&now);
	assert_true(digest_equal(&now.current, &new.digest));
	assert_int_equal(record_slot(&now, &new.digest), BOOT_SLOT_B);
	assert_false(digest_is_set(&now.candidate));
}

static void reboot_arms(void **state)
{
	struct record now;

	(void)state;
	start_installed();
	assert_gives(1, &cmd_reboot, NULL, NULL);
	assert_words("lamina_default=a|lamina_once=b|");
	read_record(&now);
	assert_true(record_is_armed(&now));
	assert_int_equal(now.tries_left, 2);
	fake_as_written("ctl-arm");
}

/* A start that is counted is not counted twice, and none is counted that will not be. */
static void reboot_counts_once(void **state)
{
	struct record now;

	(void)state;
	start_installed();
	record_arm(&record, true);
	setup();
	assert_gives(1, &cmd_reboot, NULL, NULL);
	assert_words("lamina_default=a|lamina_once=b|");
	read_record(&now);
	assert_int_equal(now.tries_left, 3);
	start_installed();
	record.tries_left = 0;
	setup();
	assert_gives(1, &cmd_reboot, NULL, NULL);
	assert_words("lamina_default=a|");
	start_previous();
	assert_gives(1, &cmd_reboot, NULL, NULL);
	assert_words("lamina_default=a|");
	/* the loader starts it anyway */
	start_installed();
	put_words("lamina_default=b|");
	setup();
	assert_gives(1, &cmd_reboot, NULL, NULL);
	assert_words("lamina_default=b|");
	read_record(&now);
	assert_false(record_is_armed(&now));
}

/* The try of a wanted reboot is given back, and the next one counted. */
static void reboot_of_a_trial(void **state)
{
	struct record now;

	(void)state;
	start_trying();
	assert_gives(1, &cmd_reboot, NULL, NULL);
	assert_words("lamina_default=a|lamina_once=b|");
	read_record(&now);
	assert_true(record_is_armed(&now) && now.reboot_spent);
	assert_int_equal(now.tries_left, 2);
}

static void confirm_moves_the_default(void **state)
{
	struct record now;

	(void)state;
	start_trying();
	assert_gives(0, &cmd_confirm, NULL, NULL);
	assert_words("lamina_default=b|");
	read_record(&now);
	assert_true(digest_equal(&now.current, &new.digest));
	fake_as_written("ctl-confirm-slots");
	/* not twice */
	assert_gives(0, &cmd_confirm, NULL, NULL);
}

static void reject_stays(void **state)
{
	struct record now;

	(void)state;
	start_installed();
	put_words("lamina_default=a|lamina_once=b|");
	setup();
	assert_gives(0, &cmd_reject, NULL, NULL);
	assert_words("lamina_default=a|");
	read_record(&now);
	assert_true(digest_equal(&now.failed, &new.digest));
}

static void rollback_moves_the_default(void **state)
{
	struct record now;

	(void)state;
	start_previous();
	assert_gives(0, &cmd_rollback, NULL, NULL);
	assert_words("lamina_default=b|");
	read_record(&now);
	assert_true(digest_equal(&now.current, &new.digest));
	assert_true(digest_equal(&now.previous, &old.digest));
}

/* Its slot was given to another since: it is written from the store, and tried. */
static void rollback_writes_the_slot_again(void **state)
{
	struct record now;

	(void)state;
	start_previous();
	put_slot(slot_b, NULL);
	setup();
	assert_gives(0, &cmd_rollback, NULL, NULL);
	assert_words("lamina_default=a|");
	assert_true(disk_has("/dev/vdd", &new) && disk_is("/dev/vdc", slot_a));
	read_record(&now);
	assert_true(digest_equal(&now.current, &old.digest));
	assert_true(digest_equal(&now.candidate, &new.digest));
	assert_int_equal(record_slot(&now, &new.digest), BOOT_SLOT_B);
}

/* What the record says of its current image, the loader starts by itself or is asked to once;
 * whatever fails, a change that is refused is none. */
static void sweep(void (*start_machine)(void), const struct cmd *cmd,
		  const char *words_after)
{
	struct err err = ERR_INIT;
	bool failed = true;
	char call[96];
	int n = 0, r;

	while (failed) {
		struct record before, now;

		start_machine();
		before = record;
		fake_fail(++n, EIO);
		r = give(cmd, NULL, NULL, &err);
		failed = fake_failed();
		(void)snprintf(call, sizeof(call), "%s", failed ? fake_failed() : "-");
		fake_fail(0, 0);
		read_record(&now);
		if (!digest_equal(&now.current, &before.current) &&
		    memcmp(fake_text_of("/dev/vdb") + 4, words_after,
			   strcspn(words_after, "|")) != 0)
			fail_msg("%s: the record is ahead of the loader", call);
		if (fake_text_of("/dev/vdb")[4 + sizeof("lamina_default=a")] &&
		    !record_is_armed(&now))
			fail_msg("%s: a start that nobody counted", call);
		if (!disk_is("/dev/vdc", slot_a))
			fail_msg("%s: slot a was touched", call);
		if (fake_leaks())
			fail_msg("%s: %d: left behind: %s", call, r, fake_leaks());
	}
	assert_true(n > 30);
}

static void every_call_fails(void **state)
{
	(void)state;
	sweep(start_trying, &cmd_confirm, "lamina_default=b|");
	sweep(start_previous, &cmd_rollback, "lamina_default=b|");
	sweep(start_installed, &cmd_reboot, "lamina_default=a|");
}

static const struct digest third = { { 3, 3, 3, 3, 3, 3, 3, 3, 3 } };

/* A third image is to be tried from slot b. */
static void start_third(void)
{
	start_with_old();
	record.candidate = third;
	record.tries_left = record.tries_initial = 3;
	note(&old, BOOT_SLOT_A);
	record_slot_put(&record, &third, BOOT_SLOT_B, &third);
	setup();
}

/* Wherever it ends, the record sends nobody to a slot with something else in it. */
static void the_record_lets_go_first(void **state)
{
	struct err err = ERR_INIT;
	bool failed = true;
	int n = 0, torn = 0;

	(void)state;
	while (failed) {
		struct record now;

		start_third();
		fake_fail(++n, EIO);
		(void)give(&cmd_install, "/source", NULL, &err);
		failed = fake_failed();
		fake_fail(0, 0);
		read_record(&now);
		if (disk_is("/dev/vdd", slot_b))
			continue;
		torn++;
		assert_false(digest_equal(&now.candidate, &third));
		assert_int_equal(record_slot(&now, &third), BOOT_SLOT_NONE);
	}
	assert_true(torn > 10);
}

static void by_hand(void **state)
{
	(void)state;
	start_installed();
	assert_gives(0, &cmd_boot, "once", "b");
	assert_words("lamina_default=a|lamina_once=b|");
	assert_gives(0, &cmd_boot, "default", "b");
	assert_words("lamina_default=b|lamina_once=b|");
	assert_gives(0, &cmd_boot, "once", "none");
	assert_words("lamina_default=b|");
	assert_gives(CMD_USAGE, &cmd_boot, "once", "c");
	assert_gives(CMD_USAGE, &cmd_boot, "once", NULL);
	assert_gives(CMD_USAGE, &cmd_boot, "default", "none");
	assert_gives(CMD_USAGE, &cmd_boot, "twice", "a");
	assert_words("lamina_default=b|");
	/* as init asks for it, before there is a store */
	start_installed();
	assert_int_equal(sys_umount2("/run/lamina/store", 0), 0);
	fake_text("/run/lamina/keyring", "");
	assert_gives(0, &cmd_boot, "once", "b");
	assert_words("lamina_default=a|lamina_once=b|");
	fake_text("/run/lamina/policy", "store /dev/vda\ncompatible acme,thermostat\n");
	assert_gives(-ENOENT, &cmd_boot, "once", "b");
}

/* Standard output goes where fake_console() has it. */
static void keep_output(void)
{
	int fd = sys_openat(AT_FDCWD, "/dev/console", O_RDWR, 0);

	assert_int_equal(sys_dup3(fd, 1, 0), 1);
	(void)sys_close(fd);
}

static void it_is_told(void **state)
{
	(void)state;
	start_installed();
	keep_output();
	assert_gives(0, &cmd_boot, NULL, NULL);
	assert_non_null(strstr(fake_console(), "loader     sector: slot a\n"
					       "slot a     current\n"
					       "slot b     candidate\n"));
	slot_b[100] ^= 1;
	put_words("lamina_default=a|lamina_once=b|");
	setup();
	keep_output();
	assert_gives(0, &cmd_status, NULL, NULL);
	assert_non_null(strstr(fake_console(), "sector: slot a, once b\n"
					       "slot a     current\n"
					       "slot b     the kernel of none"));
	assert_gives(0, &cmd_status, "--json", NULL);
	assert_non_null(strstr(fake_console(), "\"device\": \"/dev/vdd\",\n"
					       "      \"holds\": []"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_install_says),
		cmocka_unit_test(a_slot_that_rotted),
		cmocka_unit_test(reboot_arms),
		cmocka_unit_test(reboot_counts_once),
		cmocka_unit_test(reboot_of_a_trial),
		cmocka_unit_test(confirm_moves_the_default),
		cmocka_unit_test(reject_stays),
		cmocka_unit_test(rollback_moves_the_default),
		cmocka_unit_test(rollback_writes_the_slot_again),
		cmocka_unit_test(every_call_fails),
		cmocka_unit_test(the_record_lets_go_first),
		cmocka_unit_test(by_hand),
		cmocka_unit_test(it_is_told),
	};

	return cmocka_run_group_tests(tests, start_boot, stop);
}
