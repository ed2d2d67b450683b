/* SPDX-License-Identifier: Apache-2.0 */
/*
 * start ROOT ROUNDS SYSCALLS COMMAND...: what a processor does to start a container of ROOT whose program ends at
 * once, and to clear it away: by container_start(), and by COMMAND (crun run), in turns. Prints the medians
 * of user and system time of all processes that took part, in microseconds. To be run as root in a mount
 * namespace of its own, in which ROOT is a mount.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "container/start.h"
#include "format/arch.h"

#define MOST 1000

static struct manifest manifest;
static const struct identity identity = { .home = "/" };
static struct environment environment = { .env = { "PATH=/bin", NULL } };

int __real_sys_setrlimit(int resource, uint64_t soft, uint64_t hard);
int __wrap_sys_setrlimit(int resource, uint64_t soft, uint64_t hard);

/* A workstation's root may not be allowed to raise a limit; the call is made all the same. */
int __wrap_sys_setrlimit(int resource, uint64_t soft, uint64_t hard)
{
	int r = __real_sys_setrlimit(resource, soft, hard);

	return r == -EPERM ? 0 : r;
}

static _Noreturn void end(const char *what, int r)
{
	fprintf(stderr, "start: %s: %s\n", what, strerror(-r));
	exit(1);
}

static long us_of(int who)
{
	struct rusage use;

	(void)getrusage(who, &use);
	return (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000000L +
	       use.ru_utime.tv_usec + use.ru_stime.tv_usec;
}

static long used(void)
{
	return us_of(RUSAGE_SELF) + us_of(RUSAGE_CHILDREN);
}

static void wait_for(pid_t pid, const char *what)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status != 0) {
		fprintf(stderr, "start: %s: wait status %d\n", what, status);
		exit(1);
	}
}

static long ours(const char *root)
{
	struct err err = ERR_INIT;
	long before = used();
	int ends[2], report, r;
	struct container container = {
		.manifest = &manifest,
		.identity = &identity,
		.environment = &environment,
		.program = "/bin/true",
		.hostname = "bench",
		.root = root,
		.cgroup = -EBADF,
	};
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		end("pipe", -errno);
	container.output = container.errors = ends[1];
	pid = container_start(&container, &report, &err);
	if (pid < 0)
		end(err.text, pid);
	r = container_report(report, &err);
	if (r < 0)
		end(err.text, r);
	wait_for(pid, "the container");
	close(report);
	close(ends[0]);
	close(ends[1]);
	return used() - before;
}

static long theirs(char **command)
{
	long before = used();
	pid_t pid = fork();

	if (pid == 0) {
		execvp(command[0], command);
		_exit(127);
	}
	wait_for(pid, command[0]);
	return used() - before;
}

static int by_size(const void *a, const void *b)
{
	long left = *(const long *)a, right = *(const long *)b;

	return (left > right) - (left < right);
}

int main(int argc, char **argv)
{
	static char *args[] = { (char *)"true", NULL };
	static long cost[2][MOST];
	int rounds = argc > 4 ? atoi(argv[2]) : 0;

	if (rounds < 1 || rounds > MOST) {
		fprintf(stderr, "usage: start ROOT ROUNDS SYSCALLS COMMAND...\n");
		return 2;
	}
	manifest_init(&manifest);
	manifest.cwd = "/";
	memcpy(manifest.args, args, sizeof(args));
	manifest.arg_count = 1;
	manifest.syscalls = argv[3];
	manifest.arch = ARCH;
	for (int i = -1; i < rounds; i++) { /* one more, to warm up */
		cost[0][i < 0 ? 0 : i] = ours(argv[1]);
		cost[1][i < 0 ? 0 : i] = theirs(argv + 4);
	}
	for (int i = 0; i < 2; i++)
		qsort(cost[i], (size_t)rounds, sizeof(long), by_size);
	printf("%ld %ld\n", cost[0][rounds / 2], cost[1][rounds / 2]);
	return 0;
}
