/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/source/members.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "pack/source/members/parts.h"

#define MAX_LINKS 8

static struct members *members_new(void)
{
	struct members *members = calloc(1, sizeof(*members));

	if (members)
		members->dir = members->fd = -EBADF;
	return members;
}

static struct members *keep_or_free(struct members *members, int r, int *ret_errno)
{
	*ret_errno = r;
	if (r >= 0)
		return members;
	members_free(members);
	return NULL;
}

struct members *members_open_archive(const char *path, uint64_t limit_bytes,
				     int *ret_errno, struct err *err)
{
	struct members *members = members_new();
	int r = members ? members_archive_open(members, path, limit_bytes, err) : -ENOMEM;

	return keep_or_free(members, r, ret_errno);
}

struct members *members_open_dir(const char *path, uint64_t limit_bytes, int *ret_errno,
				 struct err *err)
{
	struct members *members = members_new();
	int r = members ? 0 : -ENOMEM;

	(void)limit_bytes; /* nothing is unpacked */
	if (members)
		members->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (members && members->dir < 0)
		r = err_errno(err, -errno, "can't open it");
	return keep_or_free(members, r, ret_errno);
}

void members_free(struct members *members)
{
	if (!members)
		return;
	for (size_t i = 0; i < members->count; i++) {
		free(members->list[i].name);
		free(members->list[i].link);
	}
	free(members->list);
	fd_close(members->dir);
	fd_close(members->fd);
	free(members);
}

bool members_has(const struct members *members, const char *name)
{
	__fd int fd = -EBADF;

	if (members->dir < 0)
		return members_archive_find(members, name) != NULL;
	fd = path_open_in(members->dir, name, O_PATH);
	return fd >= 0;
}

/* A blob behind a link that leads out of the layout. */
static int open_linked_blob(int dir, const char *name)
{
	char path[PATH_FD_SIZE];
	__fd int at = openat(dir, name, O_PATH | O_CLOEXEC);
	struct stat st;
	int fd;

	if (at < 0 || fstat(at, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	fd = open(path_of_fd(path, at), O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int open_in_dir(int dir, const char *name, uint64_t *ret_size, struct err *err)
{
	__fd int fd = path_open_in(dir, name, O_RDONLY | O_NONBLOCK);
	struct stat st;

	if (fd == -ENOENT && strncmp(name, "blobs/", 6) == 0)
		fd = open_linked_blob(dir, name);
	if (fd == -EINVAL)
		return err_set(err, fd, "%s: not a regular file", name);
	if (fd == -ENOENT)
		return err_set(err, fd, "%s: is missing", name);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_errno(err, fd < 0 ? fd : -errno, "%s", name);
	if (!S_ISREG(st.st_mode))
		return err_set(err, -EINVAL, "%s: not a regular file", name);
	*ret_size = (uint64_t)st.st_size;
	return TAKE_FD(fd);
}

static const struct member *follow(const struct members *members, const char *name)
{
	const struct member *member = members_archive_find(members, name);

	for (int links = 0; member && member->kind == MEMBER_LINK; links++)
		member = links < MAX_LINKS && member->link
				 ? members_archive_find(members, member->link)
				 : NULL;
	return member;
}

static int open_in_archive(const struct members *members, const char *name,
			   uint64_t *ret_offset, uint64_t *ret_size, struct err *err)
{
	char plain[PATH_MAX];
	const struct member *member;
	int fd;

	if (str_below_root(name, plain, sizeof(plain)) < 0)
		return err_set(err, -EINVAL, "%s: leads out of the archive", name);
	member = members_archive_find(members, plain);
	if (!member)
		return err_set(err, -ENOENT, "%s: is missing", name);
	member = follow(members, plain);
	if (!member)
		return err_set(err, -ELOOP, "%s: is a link that leads nowhere", name);
	if (member->kind != MEMBER_FILE)
		return err_set(err, -EINVAL, "%s: not a regular file", name);
	fd = fcntl(members->fd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return err_errno(err, -errno, "%s", name);
	*ret_offset = member->offset;
	*ret_size = member->size_bytes;
	return fd;
}

int members_open(const struct members *members, const char *name, uint64_t *ret_offset,
		 uint64_t *ret_size, struct err *err)
{
	*ret_offset = 0;
	if (members->dir >= 0)
		return open_in_dir(members->dir, name, ret_size, err);
	return open_in_archive(members, name, ret_offset, ret_size, err);
}

int members_read(const struct members *members, const char *name, size_t limit,
		 char **ret_bytes, size_t *ret_size, struct err *err)
{
	uint64_t offset, size;
	__fd int fd = members_open(members, name, &offset, &size, err);
	char *bytes;
	int r;

	if (fd < 0)
		return fd;
	if (size > limit)
		return err_set(err, -EFBIG, "%s: larger than %zu bytes", name, limit);
	bytes = malloc((size_t)size + 1);
	r = bytes ? fd_pread_all(fd, bytes, (size_t)size, offset) : -ENOMEM;
	if (r < 0) {
		free(bytes);
		return err_errno(err, r, "%s", name);
	}
	bytes[size] = '\0';
	*ret_bytes = bytes;
	*ret_size = (size_t)size;
	return 0;
}
