/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rss FILE COMMAND...: runs it, and writes to FILE how many KiB of memory it had at its end, and
 * the processes that it forked at theirs: the sum, though they share what they read. A program
 * without a heap gives nothing back before, so that this is its peak, counted page for page. (The kernel's own peak, ru_maxrss, begins with what the program had before it was
 * executed: a shell's.) Ends as the command does.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void end(const char *what)
{
	perror(what);
	exit(127);
}

/* KiB of a process that stands before its end. */
static long rss_of(pid_t pid)
{
	char name[64], text[2048], *line;
	ssize_t n;
	int fd;

	snprintf(name, sizeof(name), "/proc/%d/smaps_rollup", (int)pid);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n < 0)
		end(name);
	close(fd);
	text[n] = '\0';
	line = strstr(text, "\nRss:");
	if (!line)
		end("smaps_rollup has no Rss");
	return strtol(line + 5, NULL, 10);
}

static int tell(const char *path, long kib, int status)
{
	FILE *out = fopen(path, "w");

	if (!out)
		end(path);
	fprintf(out, "%ld\n", kib);
	fclose(out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Follows @first and what it forks until @first has ended. */
static int follow(pid_t first, const char *path)
{
	long kib = 0;

	for (;;) {
		int status, event, pass;
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0)
			end("waitpid");
		if (!WIFSTOPPED(status)) {
			if (pid == first)
				return tell(path, kib, status);
			continue;
		}
		event = status >> 16;
		if (event == PTRACE_EVENT_EXIT)
			kib += rss_of(pid);
		/* a new process begins with a stop that isn't its own */
		pass = event || WSTOPSIG(status) == SIGSTOP || WSTOPSIG(status) == SIGTRAP
			       ? 0
			       : WSTOPSIG(status);
		ptrace(PTRACE_CONT, pid, NULL, (void *)(long)pass);
	}
}

int main(int argc, char **argv)
{
	int status;
	pid_t pid;

	if (argc < 3)
		return 2;
	pid = fork();
	if (pid < 0)
		end("fork");
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execvp(argv[2], argv + 2);
		end(argv[2]);
	}
	if (waitpid(pid, &status, 0) < 0 ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL,
		   (void *)(PTRACE_O_TRACEEXIT | PTRACE_O_TRACEFORK |
			    PTRACE_O_TRACECLONE | PTRACE_O_TRACEVFORK)) < 0)
		end("ptrace");
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	return follow(pid, argv[1]);
}
