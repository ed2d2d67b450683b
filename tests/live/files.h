/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Files and mounts, for the tests that stack and switch. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "live/live.h"

static inline void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || fd_write_all(fd, text, strlen(text)) < 0)
		live_fail(__FILE__, __LINE__, "%s: %s", path, strerror(errno));
	close(fd);
}

static inline void make_dir(const char *path)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		live_fail(__FILE__, __LINE__, "%s: %s", path, strerror(errno));
}

static inline int holds(const char *path, const char *text)
{
	char buf[64];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : fd_read_file(fd, buf, sizeof(buf));

	fd_close(fd);
	return n == (ssize_t)strlen(text) && memcmp(buf, text, (size_t)n) == 0;
}

static inline int mounts_below(const char *path)
{
	char line[1024];
	FILE *file = fopen("/proc/self/mountinfo", "re");
	int count = 0;

	LIVE_TRUE(file != NULL);
	while (fgets(line, sizeof(line), file))
		count += strstr(line, path) != NULL;
	fclose(file);
	return count;
}
