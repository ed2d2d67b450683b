/* SPDX-License-Identifier: Apache-2.0 */
/* The process that keeps an application's output on the store: when it writes, what a power
 * cut or a full disk leaves, and that nothing else is touched. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/sys.h"
#include "fake/fake.h"
#include "format/kept.h"
#include "init/supervise/log.h"
#include "init/supervise/saver.h"

#define SIZE 16384
#define DIR SAVER_DIR "/demo/"
#define BOOT "0b3b1a5e-1234-5678-9abc-def012345678"

static struct log app; /* what the application says */
static struct manifest manifest = { .name = "demo" };
static struct part part = { .manifest = &manifest, .name = "demo" };
static int polls;

static void setup(void)
{
	__fd int run = -EBADF, console = -EBADF;

	fake_reset();
	fake_text("@proc:sys/kernel/random/boot_id", BOOT "\n");
	fake_boot();
	fake_dir(DIR);
	run = sys_openat(AT_FDCWD, STAGE_RUN, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	console = sys_openat(AT_FDCWD, "/dev/console", O_WRONLY, 0);
	assert_int_equal(log_open(&app, run, "demo", SIZE, NULL), 0);
	assert_int_equal(sys_dup3(console, 2, 0), 2);
	manifest.log.persist_bytes = 16384;
	(void)strcpy(part.owner, "demo");
	polls = 0;
}

static void say(const char *text)
{
	log_add(&app, 0, text, strlen(text), true);
}

static int as_child(struct err *err)
{
	(void)err;
	fake_config.forks = 1;
	return saver_start(&part);
}

static void run(void (*at_poll)(void))
{
	int value = -1;

	fake_config.on_poll = at_poll;
	assert_int_equal(fake_run(as_child, NULL, &value), FAKE_EXITED);
	assert_int_equal(value, 0);
}

/* Is @want all that the file holds, but for the times? */
static void assert_file(const char *name, const char *want)
{
	const char *text = fake_text_of(name);
	char got[4096] = "";

	if (!text && !*want)
		return;
	assert_non_null(text);
	while (*text) {
		const char *end = strchr(text, '\n');

		assert_non_null(end);
		assert_true(end - text >= KEPT_TIME_SIZE);
		(void)strncat(got, text + KEPT_TIME_SIZE,
			      (size_t)(end + 1 - text - KEPT_TIME_SIZE));
		text = end + 1;
	}
	assert_string_equal(got, want);
}

#define FIRST "lamina F boot " BOOT " from 0\n"

static void a_minute(void)
{
	switch (++polls) {
	case 1:
		say("one\n");
		break;
	case 59:
		assert_file(DIR "new", "");
		break;
	case 63:
		assert_file(DIR "new", FIRST "stdout F one\n");
		assert_true(fake_called("fdatasync"));
		say("two\nthr");
		fake_signal(SIGUSR1); /* the application has ended */
		break;
	case 64:
		assert_file(DIR "new",
			    FIRST "stdout F one\nstdout F two\nstdout P thr\n");
		say("ee\n");
		fake_signal(SIGTERM);
		break;
	default:
		break;
	}
}

static void once_a_minute_and_at_an_end(void **state)
{
	(void)state;
	setup();
	run(a_minute);
	assert_int_equal(polls, 64);
	assert_file(DIR "new",
		    FIRST "stdout F one\nstdout F two\nstdout P thr\nstdout F ee\n");
	assert_string_equal(fake_console(), "");
}

static void ends_at_once(void)
{
	say("next\n");
	fake_signal(SIGTERM);
}

/* Of a set's member, by the set's name, too. */
static void of_a_member(void **state)
{
	(void)state;
	setup();
	(void)strcpy(part.owner, "set+demo");
	run(ends_at_once);
	assert_file(SAVER_DIR "/set+demo/new", FIRST "stdout F next\n");
	assert_file(DIR "new", "");
}

static void much(void)
{
	static const char line[] =
		"0123456789012345678901234567890123456789012345678901234567890123456789\n";

	if (++polls == 1) {
		for (int i = 0; i < 100; i++)
			say(line);
	} else if (polls == 2) {
		assert_non_null(fake_text_of(DIR "old"));
	} else if (polls <= 8) {
		for (int i = 0; i < 100; i++)
			say(line);
	} else {
		fake_signal(SIGTERM);
	}
}

/* The number of the record behind the last line. */
static uint64_t read_file(const char *name, uint64_t *ret_first)
{
	const char *text = fake_text_of(name);
	uint64_t number = 0;

	assert_non_null(text);
	assert_true(strlen(text) <= SIZE / 2);
	*ret_first = UINT64_MAX;
	while (*text) {
		const char *end = strchr(text, '\n');
		struct kept_line line;

		assert_non_null(end);
		assert_int_equal(kept_parse(text, (size_t)(end - text), &line), 0);
		if (!line.text)
			number = line.number;
		else
			number++;
		if (*ret_first == UINT64_MAX)
			*ret_first = number;
		text = end + 1;
	}
	return number;
}

/* As soon as half of the ring would be lost; the oldest half goes. */
static void two_files(void **state)
{
	uint64_t old_first, old_end, first, end;

	(void)state;
	setup();
	run(much);
	old_end = read_file(DIR "old", &old_first);
	end = read_file(DIR "new", &first);
	assert_int_equal(end, 700);
	assert_int_equal(first, old_end);
	assert_true(old_first > 0);
}

static void what_a_power_cut_left(void **state)
{
	static char zeros[SIZE / 2 + 1];
	char text[9000];

	(void)state;
	setup();
	fake_text(DIR "new", "2026-11-30T15:20:01.123Z stdout F old\n2026-11");
	run(ends_at_once);
	assert_file(DIR "new", "stdout F old\n" FIRST "stdout F next\n");
	/* blocks that were never written */
	setup();
	(void)strcpy(text, "2026-11-30T15:20:01.123Z stdout F old\n");
	memcpy(text + strlen(text), zeros, 5000);
	fake_bytes(DIR "new", text, 5000);
	run(ends_at_once);
	assert_file(DIR "new", "stdout F old\n" FIRST "stdout F next\n");
	/* and nothing that is there keeps it from going on */
	setup();
	fake_bytes(DIR "new", zeros, sizeof(zeros));
	run(ends_at_once);
	assert_file(DIR "new", FIRST "stdout F next\n");
	setup();
	fake_link(DIR "new", "/etc/passwd");
	run(ends_at_once);
	assert_non_null(strstr(fake_console(), "demo: its log is not kept: "));
}

static int fails_at;

static void full(void)
{
	if (++polls < 4)
		say(polls == 1 ? "one\n" : polls == 2 ? "two\n" : "three\n");
	if (polls == 2 || polls == 3)
		fake_fail(fails_at, ENOSPC);
	fake_signal(polls < 5 ? SIGUSR1 : SIGTERM);
}

/* It is said once, and what can't be written now is later. */
static void a_full_disk(void **state)
{
	static const char full_disk[] =
		"demo: its log is not kept: No space left on device\n";
	const char *said;

	(void)state;
	fails_at = 0;
	do {
		fails_at++;
		setup();
		run(full);
		assert_non_null(fake_failed());
	} while (strncmp(fake_failed(), "pwrite", 6) != 0);
	said = strstr(fake_console(), full_disk);
	assert_non_null(said);
	assert_null(strstr(said + 1, full_disk));
	assert_true(fake_called("ftruncate")); /* what of it was there */
	assert_file(DIR "new", FIRST "stdout F one\nstdout F two\nstdout F three\n");
}

/* Whatever fails, what is there are whole lines. */
static void every_call_fails_once(void **state)
{
	int n = 0, value;

	(void)state;
	do {
		setup();
		fake_text(DIR "new", "2026-11-30T15:20:01.123Z stdout F old\nhal");
		fake_fail(++n, ENOSPC);
		fake_config.on_poll = ends_at_once;
		assert_int_not_equal(fake_run(as_child, NULL, &value), FAKE_REBOOTED);
		if (!fake_failed())
			break;
		if (strncmp(fake_failed(), "poll", 4) != 0 &&
		    !strstr(fake_failed(), "ftruncate") &&
		    strcmp(fake_text_of(DIR "new"),
			   "2026-11-30T15:20:01.123Z stdout F old\nhal") != 0) {
			uint64_t first;

			fake_fail(0, 0);
			(void)read_file(DIR "new", &first);
		}
	} while (n < 500);
	assert_in_range(n, 25, 499);
}

/* Only that one's directory, and the store as it was. */
static void mounted(void **state)
{
	static struct select_image image;
	struct stage stage = {
		.image = &image, .parts = &part, .part_count = 1, .vault = -EBADF
	};

	(void)state;
	fake_reset();
	fake_boot();
	fake_disk("vda", NULL, "DEVNAME=vda\n", "", 0);
	fake_dir("@/dev/vda:images");
	fake_dir(STAGE_STORE);
	assert_int_equal(sys_mount("/dev/vda", STAGE_STORE, "ext4", MS_RDONLY, NULL), 0);
	stage.store =
		sys_openat(AT_FDCWD, STAGE_STORE, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	assert_true(stage.store >= 0);
	manifest.log.persist_bytes = 0;
	saver_mount(&stage);
	assert_false(fake_exists(SAVER_DIR));
	manifest.log.persist_bytes = 65536;
	saver_mount(&stage);
	fd_close(stage.store);
	assert_string_equal(fake_console(), "");
	assert_int_equal(sys_mkdirat(AT_FDCWD, SAVER_DIR "/x", 0700), 0);
	assert_true(fake_exists(STAGE_STORE "/log/x"));
	assert_int_equal(sys_mkdirat(AT_FDCWD, STAGE_STORE "/x", 0700), -EROFS);
	assert_null(fake_leaks());
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(once_a_minute_and_at_an_end),
		cmocka_unit_test(of_a_member),
		cmocka_unit_test(two_files),
		cmocka_unit_test(what_a_power_cut_left),
		cmocka_unit_test(a_full_disk),
		cmocka_unit_test(every_call_fails_once),
		cmocka_unit_test(mounted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
