/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into a program: writes to $ORDER_LOG what of its doings must be in an order, since the power
 * may fail after each of them: a file or a directory is flushed, a name becomes another.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

__attribute__((format(printf, 1, 2))) static void note(const char *fmt, ...)
{
	const char *path = getenv("ORDER_LOG");
	char text[10000];
	va_list ap;
	int fd = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644) : -1;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		abort();
	(void)close(fd);
}

static void path_of(int fd, char *ret_path, size_t size)
{
	char link[64];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = fd == AT_FDCWD ? 0 : readlink(link, ret_path, size - 1);
	ret_path[n < 0 ? 0 : n] = '\0';
}

int fsync(int fd)
{
	int (*real)(int fd) = (int (*)(int))next("fsync");
	char path[4096];

	path_of(fd, path, sizeof(path));
	note("fsync %s\n", path);
	return real(fd);
}

static void note_move(int from, const char *a, int to, const char *b)
{
	char dir[4096], other[4096];

	path_of(from, dir, sizeof(dir));
	path_of(to, other, sizeof(other));
	note("rename %s/%s %s/%s\n", dir, a, other, b);
}

int renameat(int from, const char *a, int to, const char *b)
{
	int (*real)(int, const char *, int, const char *) =
		(int (*)(int, const char *, int, const char *))next("renameat");

	note_move(from, a, to, b);
	return real(from, a, to, b);
}

int renameat2(int from, const char *a, int to, const char *b, unsigned int flags)
{
	int (*real)(int, const char *, int, const char *, unsigned int) = (int (*)(
		int, const char *, int, const char *, unsigned int))next("renameat2");

	note_move(from, a, to, b);
	return real(from, a, to, b, flags);
}
