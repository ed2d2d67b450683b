/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What resident.c and peak.c, which are process 1 of a machine, have of /proc, and how they end. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

/* Says what failed, unless NULL, and powers off. */
static inline _Noreturn void end(const char *what)
{
	if (what)
		perror(what);
	fflush(stdout);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

/* File @name of process @pid as a text: "" where it can't be read. @proc: a descriptor, as init changes the root
 * under our feet. */
static inline void read_file(int proc, const char *pid, const char *name, char *text,
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

/* KiB that it has in memory; -1: none, such as one of the kernel's own. */
static inline long resident_kib(int proc, const char *pid)
{
	char text[2048], *line;

	read_file(proc, pid, "smaps_rollup", text, sizeof(text));
	line = strstr(text, "\nRss:");
	return line ? strtol(line + 5, NULL, 10) : -1;
}
