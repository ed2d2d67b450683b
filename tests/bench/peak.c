/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs /lamina-init as PID 1 of a PID namespace and stops it at the system call that starts the
 * application. Init allocates nothing and gives nothing back, so what it has in memory there, counted
 * by the kernel page for page, is its peak. (ru_maxrss is too coarse: the kernel counts in steps of
 * up to 128 KiB.) Prints "bench: init N KiB" and powers off.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/ptrace.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void end(const char *what)
{
	if (what)
		perror(what);
	fflush(stdout);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static int proc = -1; /* by descriptor: init changes the root under our feet */

static void print_rss(pid_t pid)
{
	char path[64], text[2048], *line;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%d/smaps_rollup", (int)pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n < 0)
		end(path);
	text[n] = '\0';
	line = strstr(text, "\nRss:");
	if (!line)
		end("smaps_rollup has no Rss");
	printf("bench: init %ld KiB\n", strtol(line + 5, NULL, 10));
	close(fd);
}

/* Is the stopped child about to exec? */
static int at_exec(pid_t pid)
{
	struct ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info), &info) <= 0)
		end("PTRACE_GET_SYSCALL_INFO");
	return info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr == SYS_execve;
}

static void follow(pid_t pid)
{
	int status, signal_number = 0, execs = 0;

	if (waitpid(pid, &status, __WALL) < 0)
		end("waitpid");
	ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)PTRACE_O_TRACESYSGOOD);
	for (;;) {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(intptr_t)signal_number) <
		    0)
			end("PTRACE_SYSCALL");
		if (waitpid(pid, &status, __WALL) < 0 || !WIFSTOPPED(status))
			end("init ended");
		signal_number = WSTOPSIG(status);
		if (signal_number != (SIGTRAP | 0x80)) {
			/* the stop after a successful exec is not for the child */
			signal_number = signal_number == SIGTRAP ? 0 : signal_number;
			continue;
		}
		signal_number = 0;
		if (at_exec(pid) && execs++ > 0) {
			print_rss(pid);
			end(NULL);
		}
	}
}

int main(void)
{
	static char *argv[] = { "/lamina-init", NULL }, *envp[] = { NULL };
	pid_t pid;

	mkdir("/peak", 0755);
	if (mount("proc", "/peak", "proc", 0, NULL) < 0)
		end("proc");
	proc = open("/peak", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (unshare(CLONE_NEWPID) < 0)
		end("unshare");
	pid = fork();
	if (pid < 0)
		end("fork");
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execve(argv[0], argv, envp);
		_exit(1);
	}
	follow(pid);
}
