/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/sys.h"

const char *path_of_fd(char *buf, int fd)
{
	(void)snprintf(buf, PATH_FD_SIZE, "/proc/self/fd/%d", fd);
	return buf;
}

int path_open_own(int dirfd, const char *rel, int flags, mode_t mode)
{
	int guard = O_CLOEXEC | O_NOFOLLOW | (flags & O_PATH ? 0 : O_NONBLOCK);

	return sys_openat2(dirfd, rel, flags | guard, mode,
			   RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV |
				   RESOLVE_NO_MAGICLINKS);
}

int path_open_own_file(int dirfd, const char *rel, uint64_t *ret_size, struct err *err)
{
	__fd int fd = path_open_own(dirfd, rel, O_RDONLY, 0);
	struct stat st;
	int r;

	if (fd == -ELOOP)
		return err_set(err, fd, "%s: is a symbolic link, not a regular file",
			       rel);
	if (fd < 0)
		return err_errno(err, fd, "%s", rel);
	r = sys_fstat(fd, &st);
	if (r < 0)
		return err_errno(err, r, "%s", rel);
	if (S_ISDIR(st.st_mode))
		return err_set(err, -EISDIR, "%s: is a directory, not a regular file",
			       rel);
	if (!S_ISREG(st.st_mode))
		return err_set(err, -EINVAL, "%s: not a regular file", rel);
	if (ret_size)
		*ret_size = (uint64_t)st.st_size;
	return TAKE_FD(fd);
}

int path_write_own(int dirfd, const char *rel, const char *text, size_t size)
{
	__fd int fd = path_open_own(dirfd, rel, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	return fd < 0 ? fd : fd_write_all(fd, text, size);
}

int path_move(int from, const char *name, int to, const char *new_name)
{
	int r = sys_renameat(from, name, to, new_name);

	return r < 0 ? r : sys_fsync(to);
}

int path_open_in(int dirfd, const char *rel, int flags)
{
	return sys_openat2(dirfd, rel, flags | O_CLOEXEC, 0,
			   RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

/* Opens the directory @prefix, making its last component (which starts at @name) below
 * @parent if nothing is there. */
static int open_or_make(int root, int parent, const char *prefix, const char *name,
			mode_t mode)
{
	int fd = path_open_in(root, prefix, O_PATH | O_DIRECTORY);
	int r;

	if (fd != -ENOENT)
		return fd;
	r = sys_mkdirat(parent, name, mode);
	if (r < 0)
		return r;
	return path_open_in(root, prefix, O_PATH | O_DIRECTORY);
}

int path_make_dirs_in(int dirfd, const char *rel, mode_t mode)
{
	char prefix[PATH_MAX];
	size_t size = strlen(rel), start = 0;
	__fd int at = path_open_in(dirfd, ".", O_PATH | O_DIRECTORY);

	if (at < 0)
		return at;
	if (size >= sizeof(prefix))
		return -ENAMETOOLONG;
	for (size_t i = 0; i <= size; i++) {
		prefix[i] = rel[i];
		if (rel[i] != '/' && rel[i] != '\0')
			continue;
		if (i > start) {
			prefix[i] = '\0';
			int next = open_or_make(dirfd, at, prefix, prefix + start, mode);

			if (next < 0)
				return next;
			fd_close(at);
			at = next;
			prefix[i] = rel[i];
		}
		start = i + 1;
	}
	return TAKE_FD(at);
}
