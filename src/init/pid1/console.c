/* SPDX-License-Identifier: Apache-2.0 */
#include "init/pid1/console.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/sys.h"

#define PREFIX "lamina-init: "
#define LOG "/run/lamina/log"

static int output = 2;
static bool debug;
static bool keeping;

/* The kernel may have given us 0 to 2 already, from the initramfs' own /dev. */
static void become_standard(int fd)
{
	for (int i = 0; i <= 2; i++) {
		if (i != fd)
			(void)sys_dup3(fd, i, 0);
	}
	if (fd > 2)
		fd_close(fd);
}

void console_open(void)
{
	int fd = sys_openat(AT_FDCWD, "/dev/console", O_RDWR | O_NOCTTY, 0);

	keeping = true;
	output = 2;
	if (fd >= 0) {
		become_standard(fd);
		return;
	}
	fd = sys_openat(AT_FDCWD, "/dev/null", O_RDWR, 0);
	if (fd >= 0)
		become_standard(fd);
	fd = sys_openat(AT_FDCWD, "/dev/kmsg", O_WRONLY | O_CLOEXEC, 0);
	if (fd >= 0)
		output = fd;
}

/* For who has no console to look at. Opened each time: there is nothing to hand on to the
 * keeper, or to close before the program. */
static void keep(const char *line, size_t size)
{
	__fd int fd =
		sys_openat(AT_FDCWD, LOG,
			   O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd >= 0)
		(void)fd_write_all(fd, line, size);
}

static void say(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

static void say(const char *fmt, va_list ap)
{
	char line[1024] = PREFIX;
	size_t size = strlen(line), room = sizeof(line) - size - 1;

	(void)vsnprintf(line + size, room, fmt, ap);
	for (; line[size]; size++) {
		if (line[size] < ' ' || line[size] > '~')
			line[size] = '?';
	}
	line[size++] = '\n';
	(void)fd_write_all(output, line, size);
	if (keeping)
		keep(line, size);
}

void console_say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

bool console_debugs(void)
{
	return debug;
}

void console_debug(const char *fmt, ...)
{
	va_list ap;

	if (!debug)
		return;
	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

void console_set_debug(void)
{
	debug = true;
}
