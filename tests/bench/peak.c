/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs /lamina-init as PID 1 of a PID namespace and stops it at the system call that starts the
 * application. Init allocates nothing and gives nothing back, so what it has in memory there, counted
 * by the kernel page for page, is its peak. (ru_maxrss is too coarse: the kernel counts in steps of
 * up to 128 KiB.) Prints "bench: init N KiB" and powers off.
 */
#include <errno.h>
#include <linux/ptrace.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "proc.h"

static int proc = -1;

static void print_rss(pid_t pid)
{
	char text[16];
	long kib;

	snprintf(text, sizeof(text), "%d", (int)pid);
	kib = resident_kib(proc, text);
	if (kib < 0)
		end("smaps_rollup has no Rss");
	printf("bench: init %ld KiB\n", kib);
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
