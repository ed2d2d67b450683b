/* SPDX-License-Identifier: Apache-2.0 */
/* What the running kernel makes of a confined process. */
#include "container/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "container/filter.h"
#include "live/live.h"

static struct manifest manifest;
static const struct identity root = { .home = "/" }, user = { .uid = 7, .gid = 8 };

/* The line of this process' status that begins with @name is @value. */
static void has(const char *name, const char *value)
{
	char line[256];
	FILE *file = fopen("/proc/self/status", "re");

	LIVE_TRUE(file);
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, name, strlen(name)) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		if (strcmp(line + strlen(name) + 2, value) != 0)
			live_fail(__FILE__, __LINE__, "%s", line);
		(void)fclose(file);
		return;
	}
	live_fail(__FILE__, __LINE__, "%s: not told", name);
}

/* In a process of its own. What it returns, or the signal that ended it, negative. */
static int apart(int (*run)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(run());
	LIVE_TRUE(waitpid(pid, &status, 0) == pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void prepare(void)
{
	struct utsname machine;

	LIVE_TRUE(uname(&machine) == 0);
	manifest_init(&manifest);
	manifest.arch = strcmp(machine.machine, "x86_64") == 0	  ? "amd64"
			: strcmp(machine.machine, "aarch64") == 0 ? "arm64"
								  : "arm";
	if (sizeof(long) == 4)
		manifest.arch = "arm";
}

static void apply(const struct identity *identity)
{
	struct err err = ERR_INIT;

	LIVE_GOOD(confine_apply(&manifest, identity, true, &err), &err);
}

static int as_root(void)
{
	apply(&root);
	has("CapInh", "0000000000000000");
	has("CapPrm", "00000000800405fb");
	has("CapEff", "00000000800405fb");
	has("CapBnd", "00000000800405fb");
	has("CapAmb", "0000000000000000");
	has("NoNewPrivs", "1");
	return 0;
}

static int as_user(void)
{
	apply(&user);
	has("CapPrm", "0000000000000000");
	has("CapEff", "0000000000000000");
	has("CapBnd", "00000000800405fb");
	return 0;
}

static void capabilities(void)
{
	prepare();
	LIVE_TRUE(apart(as_root) == 0);
	LIVE_TRUE(apart(as_user) == 0);
}

/* What it executes has no more, whatever was needed to load the filter. */
static int with_privileges(void)
{
	static char *const argv[] = {
		(char *)"sh", (char *)"-c",
		(char *)"grep -q '^CapEff:.*00000000800405fb$' "
			"/proc/self/status && grep -q '^Seccomp:.*2$' "
			"/proc/self/status",
		NULL
	};

	apply(&root);
	has("NoNewPrivs", "0");
	execv("/bin/sh", argv);
	return 9;
}

static void executed(void)
{
	prepare();
	manifest.syscalls = "0-461,983041-983046";
	manifest.new_privileges = 1;
	LIVE_TRUE(apart(with_privileges) == 0);
}

static int calls(void)
{
	apply(&root);
	has("Seccomp", "2");
	LIVE_TRUE(getppid() > 0);
	LIVE_TRUE(syscall(SYS_unshare, CLONE_NEWUSER) < 0 && errno == EPERM);
	LIVE_TRUE(syscall(SYS_clone3, NULL, 0UL) < 0 && errno == ENOSYS);
	LIVE_TRUE(syscall(600L) < 0 && errno == ENOSYS);
	LIVE_TRUE(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0UL, 0UL, 0UL, 0UL) < 0 &&
		  errno == EPERM);
	LIVE_TRUE(socket(AF_ALG, SOCK_SEQPACKET, 0) < 0 && errno == EAFNOSUPPORT);
	LIVE_TRUE(socket(AF_VSOCK, SOCK_STREAM, 0) < 0 && errno == EAFNOSUPPORT);
	LIVE_TRUE(close(socket(AF_UNIX, SOCK_STREAM, 0)) == 0);
	return 0;
}

/* All but the number of unshare. */
static void system_calls(void)
{
	static char ranges[64];

	prepare();
	(void)snprintf(ranges, sizeof(ranges), "0-%d,%d-461,983041-983046",
		       SYS_unshare - 1, SYS_unshare + 1);
	manifest.syscalls = ranges;
	LIVE_TRUE(apart(calls) == 0);
}

/* The calls of another architecture: 32-bit x86's, by its own gate. */
static int call_other(void)
{
	apply(&root);
#ifdef __x86_64__
	long r = 20; /* getpid there */

	__asm__ volatile("int $0x80" : "+a"(r) : : "memory", "r8", "r9", "r10", "r11");
	return r == -ENOSYS ? 38 : 0;
#else
	return 38;
#endif
}

static void other_architecture(void)
{
	int r;

	prepare();
	manifest.syscalls = "0-461,983041-983046";
	r = apart(call_other);
	if (r == 38)
		live_skip("this kernel has no calls of another architecture");
	LIVE_TRUE(r == -SIGSYS);
}

int main(int argc, char **argv)
{
	static const struct live_test tests[] = {
		LIVE_TEST(capabilities), LIVE_TEST(executed),
		LIVE_TEST(system_calls), LIVE_TEST(other_architecture),
		{ NULL, NULL },
	};

	return live_main(tests, argc, argv);
}
