/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rss FILE COMMAND...: runs it, and writes to FILE how many KiB of memory it had at its end. A
 * program without a heap gives nothing back before, so that this is its peak, counted page for
 * page. (The kernel's own peak, ru_maxrss, begins with what the program had before it was
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

static void write_rss(pid_t pid, const char *path)
{
	char name[64], text[2048], *line;
	ssize_t n;
	FILE *out;
	int fd;

	snprintf(name, sizeof(name), "/proc/%d/smaps_rollup", (int)pid);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n < 0)
		end(name);
	close(fd);
	text[n] = '\0';
	line = strstr(text, "\nRss:");
	out = fopen(path, "w");
	if (!line || !out)
		end(path);
	fprintf(out, "%ld\n", strtol(line + 5, NULL, 10));
	fclose(out);
}

int main(int argc, char **argv)
{
	int status, pass;
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
	    ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)PTRACE_O_TRACEEXIT) < 0)
		end("ptrace");
	for (pass = 0;; pass = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status)) {
		ptrace(PTRACE_CONT, pid, NULL, (void *)(long)pass);
		if (waitpid(pid, &status, 0) < 0)
			end("waitpid");
		if (WIFEXITED(status))
			return WEXITSTATUS(status);
		if (WIFSIGNALED(status))
			return 128 + WTERMSIG(status);
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8))
			write_rss(pid, argv[1]);
	}
}
