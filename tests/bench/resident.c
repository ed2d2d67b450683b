/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs /lamina-init as PID 1 of a PID namespace, and once all is calm prints what each process of the
 * machine has in memory, as ps would: "bench: NAME N KiB". Then it powers off.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#define CALM_S 15

static _Noreturn void end(const char *what)
{
	if (what)
		perror(what);
	fflush(stdout);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static void read_file(int proc, const char *pid, const char *name, char *text,
		      size_t size)
{
	char path[300];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", pid, name);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, text, size - 1);
	text[n < 0 ? 0 : n] = '\0';
	close(fd);
}

/* Nothing of the kernel's own threads, which have no memory. */
static void print_process(int proc, const char *pid)
{
	char name[64], text[2048], *line;

	read_file(proc, pid, "comm", name, sizeof(name));
	name[strcspn(name, "\n")] = '\0';
	read_file(proc, pid, "smaps_rollup", text, sizeof(text));
	line = strstr(text, "\nRss:");
	if (line)
		printf("bench: %s %ld KiB\n", name, strtol(line + 5, NULL, 10));
}

int main(void)
{
	static char *argv[] = { "/lamina-init", NULL }, *envp[] = { NULL };
	struct dirent *entry;
	DIR *dir;
	int proc;
	pid_t pid;

	mkdir("/resident", 0755);
	if (mount("proc", "/resident", "proc", 0, NULL) < 0)
		end("proc");
	/* by descriptor: init changes the root under our feet */
	proc = open("/resident", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0 || unshare(CLONE_NEWPID) < 0)
		end("unshare");
	pid = fork();
	if (pid < 0)
		end("fork");
	if (pid == 0) {
		execve(argv[0], argv, envp);
		_exit(1);
	}
	sleep(CALM_S);
	dir = fdopendir(dup(proc));
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] > '0' && entry->d_name[0] <= '9')
			print_process(proc, entry->d_name);
	}
	end(NULL);
}
