/* SPDX-License-Identifier: Apache-2.0 */
#include "install/remove.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/dir.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"

/* A name that is free there: what a power cut left keeps its own. */
static int move_aside(int from, const char *name, int trash)
{
	static uint64_t number;
	char aside[24];
	struct stat st;
	int r;

	do {
		(void)snprintf(aside, sizeof(aside), "%" PRIu64, number++);
		r = sys_fstatat(trash, aside, &st, AT_SYMLINK_NOFOLLOW);
	} while (r == 0);
	return r == -ENOENT ? sys_renameat(from, name, trash, aside) : r;
}

/* chattr +i and +a: whoever filled the tree may have meant it to stay. */
static bool loosen_fd(int fd)
{
	unsigned int flags = 0;

	if (sys_ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0 ||
	    !(flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)))
		return false;
	flags &= ~(unsigned int)(FS_IMMUTABLE_FL | FS_APPEND_FL);
	return sys_ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
}

/* True: trying again is worth it. Only files and directories have such flags, and no
 * other kind of entry is opened unless its directory is free. */
static bool loosen(int dir, const char *name)
{
	__fd int fd = -EBADF;

	if (loosen_fd(dir))
		return true;
	fd = path_open_own(dir, name, O_RDONLY, 0);
	return fd >= 0 && loosen_fd(fd);
}

static int unlink_one(int dir, const char *name)
{
	int r = sys_unlinkat(dir, name, 0);

	return r == -EISDIR ? sys_unlinkat(dir, name, AT_REMOVEDIR) : r;
}

/* -ENOTEMPTY: a directory with something in it, which can be moved. */
static int take_out(int dir, const char *name)
{
	int r = unlink_one(dir, name);

	for (int i = 0; r == -EPERM && i < 2 && loosen(dir, name); i++)
		r = unlink_one(dir, name);
	if (r == -EEXIST) /* POSIX has both */
		return -ENOTEMPTY;
	return r == -ENOENT ? 0 : r;
}

static int remove_one(int dir, const char *name, int trash)
{
	int r = take_out(dir, name);

	return r == -ENOTEMPTY ? move_aside(dir, name, trash) : r;
}

int remove_entry(int dir, const char *name, int trash, struct err *err)
{
	int r = remove_one(dir, name, trash);

	return r < 0 ? err_errno(err, r, "removing %.64s", name) : 0;
}

/* Empties a directory of the top one, moving up what has something in it itself. 1: it
 * met any. */
static int empty(int top, const char *name)
{
	__fd int dir = path_open_own(top, name, O_RDONLY | O_DIRECTORY, 0);
	const struct dirent *entry;
	struct dir list;
	int r, met = 0;

	if (dir < 0)
		return dir;
	dir_init(&list, dir);
	while ((r = dir_next(&list, &entry)) > 0) {
		r = remove_one(dir, entry->d_name, top);
		if (r < 0)
			return r;
		met = 1;
	}
	return r < 0 ? r : met;
}

static int clear_entry(int top, const char *name, struct removed *removed)
{
	int r;

	(void)removed;
	while ((r = take_out(top, name)) == -ENOTEMPTY) {
		int met = empty(top, name);

		if (met <= 0)
			return met < 0 ? met : r;
	}
	return r;
}

/* One walk over the directory. 1: it met any. */
static int walk(int top, int (*act)(int top, const char *name, struct removed *removed),
		struct removed *removed, struct err *err)
{
	__fd int dir = path_open_own(top, ".", O_RDONLY | O_DIRECTORY, 0);
	const struct dirent *entry;
	struct dir list;
	int r = dir, met = 0;

	dir_init(&list, dir);
	while (r >= 0 && (r = dir_next(&list, &entry)) > 0) {
		met = 1;
		r = act(top, entry->d_name, removed);
		if (r < 0)
			return err_errno(err, r, "removing %.64s", entry->d_name);
	}
	return r < 0 ? err_errno(err, r, "reading a directory") : met;
}

static int count(int dir, const char *name, struct removed *removed)
{
	struct stat st;
	int r = sys_fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW);

	if (r < 0)
		return r == -ENOENT ? 0 : r; /* taken away meanwhile */
	removed->entries++;
	removed->bytes += (uint64_t)st.st_blocks * 512;
	return 0;
}

int remove_count(int dir, struct removed *ret_removed, struct err *err)
{
	int r;

	*ret_removed = (struct removed){ 0 };
	r = walk(dir, count, ret_removed, err);
	return r < 0 ? r : 0;
}

/* Again until nothing is left, for directories that have moved up meanwhile. */
int remove_all(int dir, struct err *err)
{
	int r;

	do
		r = walk(dir, clear_entry, NULL, err);
	while (r > 0);
	return r;
}
