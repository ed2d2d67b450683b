/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "pack/host/tool.h"

static struct err err;

/* Runs a line of shell; what it prints, static memory. */
static const char *shell(const char *line, const char *const *env, const char *input,
			 int keep_fd)
{
	static char said[256];
	const char *const argv[] = { "sh", "-c", line, NULL };
	__fd int in = input ? tool_file(input, strlen(input)) : -EBADF;
	__fd int out = tool_file("", 0);
	const struct tool_options run = {
		.argv = argv, .env = env, .in_fd = in, .out_fd = out, .keep_fd = keep_fd
	};
	ssize_t size;

	err = (struct err)ERR_INIT;
	if (tool_run(&run, &err) < 0)
		return NULL;
	size = pread(out, said, sizeof(said) - 1, 0);
	assert_true(size >= 0);
	said[size] = '\0';
	return said;
}

static void what_it_reads_and_writes(void **state)
{
	(void)state;
	assert_string_equal(shell("cat; echo end", NULL, "words\n", 0), "words\nend\n");
	assert_string_equal(shell("cat; echo end", NULL, NULL, 0), "end\n");
}

static void what_it_says_goes_nowhere(void **state)
{
	const char *const argv[] = { "echo", "lost", NULL };
	const struct tool_options run = { .argv = argv };

	(void)state;
	assert_int_equal(tool_run(&run, &err), 0);
}

static void its_environment(void **state)
{
	const char *const env[] = { "NEW=1", "OLD=2", NULL };

	(void)state;
	assert_int_equal(setenv("OLD", "1", 1), 0);
	assert_int_equal(setenv("OLDER", "0", 1), 0);
	assert_string_equal(shell("echo $NEW $OLD $OLDER", env, NULL, 0), "1 2 0\n");
	assert_string_equal(shell("env | grep -c ^OLD=", env, NULL, 0), "1\n");
	assert_string_equal(shell("echo $NEW $OLD $OLDER", NULL, NULL, 0), "1 0\n");
}

static void how_it_ends(void **state)
{
	const char *const argv[] = { "no-such-program", NULL };
	const struct tool_options run = { .argv = argv };

	(void)state;
	assert_null(shell("exit 3", NULL, NULL, 0));
	assert_string_equal(err.text, "sh: exit status 3");
	assert_null(shell("kill -9 $$", NULL, NULL, 0));
	assert_string_equal(err.text, "sh: killed by signal 9");
	assert_refused(tool_run(&run, &err), -ENOENT, err,
		       "no-such-program is not installed");
}

/* mke2fs is not where the PATH of ordinary users looks. */
static void programs_of_administrators(void **state)
{
	char *path = strdup(getenv("PATH"));
	const char *const argv[] = { "chroot", "--version", NULL };
	const struct tool_options run = { .argv = argv };

	(void)state;
	if (access("/usr/sbin/chroot", X_OK) < 0)
		skip_for("no chroot(8)");
	assert_int_equal(setenv("PATH", "/nowhere", 1), 0);
	assert_int_equal(tool_run(&run, &err), 0);
	assert_int_equal(setenv("PATH", path, 1), 0);
	free(path);
}

static void one_descriptor_stays_open(void **state)
{
	__fd int kept = tool_file("kept", 4), other = tool_file("other", 5);
	char line[64];

	(void)state;
	assert_true(kept >= TOOL_FIRST_FD && other >= TOOL_FIRST_FD);
	(void)snprintf(line, sizeof(line), "cat /proc/self/fd/%d", kept);
	assert_string_equal(shell(line, NULL, NULL, kept), "kept");
	(void)snprintf(line, sizeof(line), "cat /proc/self/fd/%d 2>&1", other);
	assert_null(shell(line, NULL, NULL, kept));
}

/* What squashfs-tools write must not depend on who calls them; a user's program is let
 * alone. */
static void a_plain_environment(void **state)
{
	static const char line[] =
		"echo ${SOURCE_DATE_EPOCH-none} $TZ $LC_ALL; echo no >&2";
	const char *const argv[] = { "sh", "-c", line, NULL };
	const char *const env[] = { "SOURCE_DATE_EPOCH=7", NULL };
	__fd int out = tool_file("", 0);
	const struct tool_options own = { .argv = argv, .out_fd = out, .own = true };
	char said[64] = "";

	(void)state;
	assert_int_equal(setenv("SOURCE_DATE_EPOCH", "5", 1), 0);
	assert_int_equal(setenv("TZ", "Mars", 1), 0);
	assert_int_equal(setenv("LC_ALL", "C.UTF-8", 1), 0);
	assert_string_equal(shell(line, NULL, NULL, 0), "none UTC C\n");
	assert_string_equal(shell(line, env, NULL, 0), "7 UTC C\n");
	assert_int_equal(tool_run(&own, &err), 0);
	assert_true(pread(out, said, sizeof(said) - 1, 0) > 0);
	assert_string_equal(said, "5 Mars C.UTF-8\n");
}

/* The last line with words in it goes into the error. */
static void what_it_said_last(void **state)
{
	(void)state;
	assert_null(shell("echo first >&2; echo no room >&2; echo 12 >&2; exit 2", NULL,
			  NULL, 0));
	assert_string_equal(err.text, "sh: exit status 2: no room");
}

static void packages_are_named(void **state)
{
	const char *const argv[] = { "sqfs2tar", NULL };
	const struct tool_options run = { .argv = argv };
	char *path = strdup(getenv("PATH"));

	(void)state;
	if (access("/usr/sbin/sqfs2tar", X_OK) == 0 ||
	    access("/sbin/sqfs2tar", X_OK) == 0)
		skip_for("sqfs2tar is where it is always found");
	assert_int_equal(setenv("PATH", "/nowhere", 1), 0);
	assert_refused(tool_run(&run, &err), -ENOENT, err,
		       "sqfs2tar is not installed: it is in squashfs-tools-ng");
	assert_int_equal(setenv("PATH", path, 1), 0);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_reads_and_writes),
		cmocka_unit_test(what_it_says_goes_nowhere),
		cmocka_unit_test(its_environment),
		cmocka_unit_test(how_it_ends),
		cmocka_unit_test(programs_of_administrators),
		cmocka_unit_test(one_descriptor_stays_open),
		cmocka_unit_test(a_plain_environment),
		cmocka_unit_test(what_it_said_last),
		cmocka_unit_test(packages_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
