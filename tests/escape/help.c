/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "escape.h"

int done(int fd, int r)
{
	int number = errno;

	if (fd >= 0)
		close(fd);
	errno = number;
	return r;
}

int try_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), r;

	if (fd < 0)
		return -1;
	r = (int)write(fd, text, strlen(text));
	return done(fd, r);
}

int try_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), r;
	char buf[16];

	if (fd < 0)
		return -1;
	r = (int)read(fd, buf, sizeof(buf));
	errno = r == 0 ? ENODATA : errno;
	return done(fd, r > 0 ? 0 : -1);
}

int rewrite(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char buf[512] = "";
	ssize_t size = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

	(void)done(fd, 0);
	return size < 0 ? -1 : try_write(path, buf);
}

int try_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	return done(fd, fd);
}

int list(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;
	char buf[512];

	if (fd < 0)
		return -1;
	r = CALL(getdents64, fd, buf, sizeof(buf));
	close(fd);
	errno = ENODATA;
	return r > 64 ? 0 : -1; /* more than . and .. */
}

int node(const char *path, mode_t type, unsigned int major, unsigned int minor, int flags)
{
	int fd, r = mknod(path, type | 0600, makedev(major, minor));

	if (r < 0 || flags < 0)
		return r;
	fd = open(path, flags | O_NONBLOCK | O_CLOEXEC);
	r = errno;
	(void)unlink(path);
	errno = r;
	return done(fd, fd < 0 ? -1 : 0);
}

int apart(int (*run)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(run() < 0 ? errno : 0);
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -1;
}
