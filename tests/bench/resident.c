/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs /lamina-init as PID 1 of a PID namespace, and once all is calm prints what each process of the
 * machine has in memory, as ps would: "bench: NAME N KiB". Then it powers off.
 */
#include <dirent.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "proc.h"

#define CALM_S 15

/* Nothing of the kernel's own threads, which have no memory. */
static void print_process(int proc, const char *pid)
{
	long kib = resident_kib(proc, pid);
	char name[64];

	read_file(proc, pid, "comm", name, sizeof(name));
	name[strcspn(name, "\n")] = '\0';
	if (kib >= 0)
		printf("bench: %s %ld KiB\n", name, kib);
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
