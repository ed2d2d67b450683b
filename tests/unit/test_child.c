/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "pack/host/child.h"

static struct err err;

/* Runs a line of shell; what it prints, static memory. */
static const char *shell(const char *line, const char *const *env, const char *input,
			 int keep_fd)
{
	static char said[256];
	const char *const argv[] = { "sh", "-c", line, NULL };
	__fd int in = input ? child_file(input, strlen(input)) : -EBADF;
	__fd int out = child_file("", 0);
	struct child child = { argv, env, in, out, -1, keep_fd };
	ssize_t size;

	err = (struct err)ERR_INIT;
	if (child_run(&child, &err) < 0)
		return NULL;
	size = pread(out, said, sizeof(said) - 1, 0);
	assert_true(size >= 0);
	said[size] = '\0';
	return said;
}

static void what_it_reads_and_writes(void **state)
{
	(void)state;
	assert_string_equal(shell("cat; echo end", NULL, "words\n", -1), "words\nend\n");
	assert_string_equal(shell("cat; echo end", NULL, NULL, -1), "end\n");
}

static void what_it_says_goes_nowhere(void **state)
{
	const char *const argv[] = { "echo", "lost", NULL };
	const struct child child = { argv, NULL, -1, -1, -1, -1 };

	(void)state;
	assert_int_equal(child_run(&child, &err), 0);
}

static void its_environment(void **state)
{
	const char *const env[] = { "NEW=1", "OLD=2", NULL };

	(void)state;
	assert_int_equal(setenv("OLD", "1", 1), 0);
	assert_int_equal(setenv("OLDER", "0", 1), 0);
	assert_string_equal(shell("echo $NEW $OLD $OLDER", env, NULL, -1), "1 2 0\n");
	assert_string_equal(shell("env | grep -c ^OLD=", env, NULL, -1), "1\n");
	assert_string_equal(shell("echo $NEW $OLD $OLDER", NULL, NULL, -1), "1 0\n");
}

static void how_it_ends(void **state)
{
	const char *const argv[] = { "no-such-program", NULL };
	const struct child child = { argv, NULL, -1, -1, -1, -1 };

	(void)state;
	assert_null(shell("exit 3", NULL, NULL, -1));
	assert_string_equal(err.text, "sh: exit status 3");
	assert_null(shell("kill -9 $$", NULL, NULL, -1));
	assert_string_equal(err.text, "sh: killed by signal 9");
	assert_refused(child_run(&child, &err), -ENOENT, err,
		       "no-such-program: not installed");
}

/* mke2fs is not where the PATH of ordinary users looks. */
static void programs_of_administrators(void **state)
{
	char *path = strdup(getenv("PATH"));
	const char *const argv[] = { "chroot", "--version", NULL };
	const struct child child = { argv, NULL, -1, -1, -1, -1 };

	(void)state;
	if (access("/usr/sbin/chroot", X_OK) < 0)
		skip_for("no chroot(8)");
	assert_int_equal(setenv("PATH", "/nowhere", 1), 0);
	assert_int_equal(child_run(&child, &err), 0);
	assert_int_equal(setenv("PATH", path, 1), 0);
	free(path);
}

static void one_descriptor_stays_open(void **state)
{
	__fd int kept = child_file("kept", 4), other = child_file("other", 5);
	char line[64];

	(void)state;
	assert_true(kept >= CHILD_FIRST_FD && other >= CHILD_FIRST_FD);
	(void)snprintf(line, sizeof(line), "cat /proc/self/fd/%d", kept);
	assert_string_equal(shell(line, NULL, NULL, kept), "kept");
	(void)snprintf(line, sizeof(line), "cat /proc/self/fd/%d 2>&1", other);
	assert_null(shell(line, NULL, NULL, kept));
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
