/* SPDX-License-Identifier: Apache-2.0 */
#include "live/live.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/loop.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "block/loop.h"

#define LIVE_SKIPPED 77
#define LIVE_LOOPS 1024

static int live_report = -1; /* the child's way to say why */
static char live_fixtures[200];

__attribute__((format(printf, 3, 0))) static _Noreturn void
leave(int status, const char *where, const char *fmt, va_list ap)
{
	char text[400];
	size_t used = (size_t)snprintf(text, sizeof(text), "%.100s", where);

	(void)vsnprintf(text + used, sizeof(text) - used, fmt, ap);
	(void)!write(live_report, text, strlen(text));
	_exit(status);
}

void live_fail(const char *file, int line, const char *fmt, ...)
{
	char where[100];
	va_list ap;

	(void)snprintf(where, sizeof(where), "%s:%d: ", file, line);
	va_start(ap, fmt);
	leave(1, where, fmt, ap);
}

void live_skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	leave(LIVE_SKIPPED, "", fmt, ap);
}

void live_need_loop(void)
{
	if (access("/dev/loop-control", R_OK | W_OK) != 0)
		live_skip("no loop devices here");
}

int live_loop(int file, uint64_t size_bytes, char ret_path[BACKING_PATH_SIZE])
{
	struct err err = ERR_INIT;
	char path[64];
	int r, number;

	live_need_loop();
	r = loop_open(file, size_bytes, ret_path, &err);
	if (r == -ENOENT && sscanf(err.text, "/dev/loop%d", &number) == 1) {
		(void)snprintf(path, sizeof(path), "/sys/class/block/loop%d", number);
		if (access(path, F_OK) == 0)
			live_skip("the kernel's loop%d isn't in this /dev", number);
	}
	return LIVE_GOOD(r, &err);
}

const char *live_fixture(const char *name)
{
	static char path[300];

	(void)snprintf(path, sizeof(path), "%s/%s", live_fixtures, name);
	return path;
}

int live_copy(const char *fixture)
{
	int from = open(live_fixture(fixture), O_RDONLY | O_CLOEXEC);
	int to = open(fixture, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct stat st;

	LIVE_TRUE(from >= 0 && to >= 0 && fstat(from, &st) == 0);
	LIVE_TRUE(sendfile(to, from, NULL, (size_t)st.st_size) == st.st_size);
	close(from);
	return to;
}

uint64_t live_size(int fd)
{
	struct stat st;

	LIVE_TRUE(fstat(fd, &st) == 0);
	return (uint64_t)st.st_size;
}

int live_is_bound(const char *loop)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "/sys/class/block/%.31s/loop/backing_file",
		       loop + 5);
	return access(path, F_OK) == 0;
}

static _Noreturn void child(const struct live_test *test)
{
	if (unshare(CLONE_NEWNS) < 0)
		live_skip("no mount namespaces: %s", strerror(errno));
	if (mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL) < 0)
		live_skip("mounts can't be made private: %s", strerror(errno));
	if (mount("tmpfs", LIVE_SCRATCH, "tmpfs", 0, NULL) < 0 || chdir(LIVE_SCRATCH) < 0)
		live_skip("no tmpfs: %s", strerror(errno));
	test->run();
	_exit(0);
}

/* Returns whether it did not fail. */
static int run_one(const struct live_test *test)
{
	char text[401] = "";
	int report[2], status = 0;
	pid_t pid;

	if (pipe(report) < 0)
		return 0;
	(void)fflush(NULL);
	pid = fork();
	if (pid == 0) {
		close(report[0]);
		live_report = report[1];
		child(test);
	}
	close(report[1]);
	ssize_t n = pid < 0 ? -1 : read(report[0], text, sizeof(text) - 1);

	close(report[0]);
	(void)waitpid(pid, &status, 0);
	text[n > 0 ? n : 0] = '\0';
	for (char *c = text; *c; c++)
		*c = *c == '\n' ? ' ' : *c;
	if (WIFSIGNALED(status))
		printf("FAIL %s: killed by %s\n", test->name,
		       strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == LIVE_SKIPPED)
		printf("skip %s: %s\n", test->name, text);
	else if (status)
		printf("FAIL %s: %s\n", test->name, text);
	else
		printf("ok %s\n", test->name);
	return status == 0 || (WIFEXITED(status) && WEXITSTATUS(status) == LIVE_SKIPPED);
}

static int make_fixtures(void)
{
	const char *given = getenv("LIVE_FIXTURES");
	char command[300];

	if (given) {
		(void)snprintf(live_fixtures, sizeof(live_fixtures), "%s", given);
		return 0;
	}
	(void)snprintf(live_fixtures, sizeof(live_fixtures), "%s/lamina-live-XXXXXX",
		       getenv("TMPDIR") ?: "/tmp");
	if (!mkdtemp(live_fixtures))
		return -errno;
	(void)snprintf(command, sizeof(command), "tests/live/fixtures '%s'",
		       live_fixtures);
	return system(command) == 0 ? 0 : -EIO;
}

/* By the program's arguments, or else the pattern TEST_CASE. */
static int is_wanted(const char *name, int argc, char **argv)
{
	const char *pattern = getenv("TEST_CASE");

	if (argc <= 1 && pattern && *pattern)
		return fnmatch(pattern, name, 0) == 0;
	for (int i = 1; i < argc; i++) {
		if (strcmp(name, argv[i]) == 0)
			return 1;
	}
	return argc <= 1;
}

/* The kernel keeps the loop devices that it made, unused: those that were not there
 * before go. */
static void forget_loops(const char *before)
{
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);

	for (int i = 0; control >= 0 && i < LIVE_LOOPS; i++) {
		if (!before[i])
			(void)ioctl(control, LOOP_CTL_REMOVE,
				    i); /* EBUSY: another's now */
	}
	if (control >= 0)
		close(control);
}

static void list_loops(char *ret_there)
{
	char path[64];

	for (int i = 0; i < LIVE_LOOPS; i++) {
		(void)snprintf(path, sizeof(path), "/sys/class/block/loop%d", i);
		ret_there[i] = access(path, F_OK) == 0;
	}
}

int live_main(const struct live_test *tests, int argc, char **argv)
{
	char command[300], loops[LIVE_LOOPS];
	int good = 1;

	if (getuid() != 0) {
		for (const struct live_test *test = tests; test->name; test++)
			printf("skip %s: needs root\n", test->name);
		return 0;
	}
	if (make_fixtures() < 0) {
		printf("FAIL fixtures: tests/live/fixtures failed\n");
		return 1;
	}
	list_loops(loops);
	for (const struct live_test *test = tests; test->name; test++) {
		if (is_wanted(test->name, argc, argv))
			good = run_one(test) && good;
	}
	forget_loops(loops);
	if (!getenv("LIVE_FIXTURES")) {
		(void)snprintf(command, sizeof(command), "rm -rf '%s'", live_fixtures);
		(void)!system(command);
	}
	return !good;
}
