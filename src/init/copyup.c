/* SPDX-License-Identifier: Apache-2.0 */
#include "init/copyup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/dir.h"
#include "base/fd.h"
#include "base/page.h"
#include "base/path.h"
#include "base/sys.h"

/* Process 1 recurses: its stack has room for more. */
#define DEPTH 256

/* One that the store's file system has not, a volume has not. The kernel has no longer list
 * and no larger value than there is room for. */
static int copy_xattrs(int from, int to)
{
	static PAGE_ALIGNED char names[65536], value[65536];
	ssize_t size = sys_flistxattr(from, names, sizeof(names));

	if (size < 0)
		return size == -EOPNOTSUPP ? 0 : (int)size;
	for (ssize_t at = 0; at < size; at += (ssize_t)strlen(names + at) + 1) {
		ssize_t got = sys_fgetxattr(from, names + at, value, sizeof(value));
		int r = (int)got;

		if (got >= 0)
			r = sys_fsetxattr(to, names + at, value, (size_t)got);
		if (r < 0 && r != -EOPNOTSUPP)
			return r;
	}
	return 0;
}

/* Each of them takes what a later one sets. */
static int copy_attributes(int from, int to, const struct stat *st)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	int r = sys_fchownat(to, "", st->st_uid, st->st_gid, AT_EMPTY_PATH);

	if (r == 0)
		r = sys_fchmod(to, st->st_mode & 07777);
	if (r == 0)
		r = copy_xattrs(from, to);
	return r < 0 ? r : sys_futimens(to, times);
}

static int copy_file(int from_dir, int to_dir, const char *name, const struct stat *st)
{
	__fd int from = path_open_own(from_dir, name, O_RDONLY, 0);
	__fd int to = -EBADF;
	int64_t size;

	if (from < 0)
		return from;
	to = path_open_own(to_dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	size = to < 0 ? to : fd_copy(from, to, UINT64_MAX);
	return size < 0 ? (int)size : copy_attributes(from, to, st);
}

/* Open for reading: nobody is waited for. */
static int copy_fifo(int from_dir, int to_dir, const char *name, const struct stat *st)
{
	__fd int from = path_open_own(from_dir, name, O_RDONLY, 0);
	__fd int to = -EBADF;
	int r = from < 0 ? from : sys_mknodat(to_dir, name, S_IFIFO | 0600, 0);

	if (r == 0)
		r = to = path_open_own(to_dir, name, O_RDONLY, 0);
	return r < 0 ? r : copy_attributes(from, to, st);
}

static int copy_link(int from_dir, int to_dir, const char *name)
{
	char target[4096];
	int size = sys_readlinkat(from_dir, name, target, sizeof(target) - 1);

	if (size < 0)
		return size;
	target[size] = '\0';
	return sys_symlinkat(target, to_dir, name);
}

static int copy_dir(int from, int to, unsigned int depth);

static int enter(int from_dir, int to_dir, const char *name, unsigned int depth)
{
	__fd int from = path_open_own(from_dir, name, O_RDONLY | O_DIRECTORY, 0);
	__fd int to = -EBADF;
	int r = from;

	if (r == -EXDEV) /* another volume */
		return 0;
	if (r >= 0)
		r = sys_mkdirat(to_dir, name, 0700);
	if (r == 0)
		r = to = path_open_own(to_dir, name, O_RDONLY | O_DIRECTORY, 0);
	return r < 0 ? r : copy_dir(from, to, depth);
}

static int copy_entry(int from, int to, const char *name, unsigned int depth)
{
	struct stat st;
	int r = sys_fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW);

	if (r < 0)
		return r;
	if (S_ISDIR(st.st_mode))
		return enter(from, to, name, depth);
	if (S_ISREG(st.st_mode))
		return copy_file(from, to, name, &st);
	if (S_ISFIFO(st.st_mode))
		return copy_fifo(from, to, name, &st);
	if (!S_ISLNK(st.st_mode))
		return 0;
	r = copy_link(from, to, name);
	return r < 0 ? r
		     : sys_fchownat(to, name, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW);
}

static int copy_dir(int from, int to, unsigned int depth)
{
	const struct dirent *entry;
	struct dir list;
	struct stat st;
	int r = depth == DEPTH ? -ELOOP : sys_fstat(from, &st);

	if (r < 0)
		return r;
	dir_init(&list, from);
	while ((r = dir_next(&list, &entry)) > 0) {
		r = copy_entry(from, to, entry->d_name, depth + 1);
		if (r < 0)
			return r;
	}
	/* last: what is made in it changes its time */
	return r < 0 ? r : copy_attributes(from, to, &st);
}

static int copy_tree(int from, int to)
{
	return copy_dir(from, to, 0);
}

static int empty(int dir, unsigned int depth)
{
	const struct dirent *entry;
	struct dir list;
	int r;

	dir_init(&list, dir);
	while ((r = dir_next(&list, &entry)) > 0) {
		r = sys_unlinkat(dir, entry->d_name, 0);
		if (r == -EISDIR && depth < DEPTH) {
			__fd int below = path_open_own(dir, entry->d_name,
						       O_RDONLY | O_DIRECTORY, 0);

			r = below < 0 ? below : empty(below, depth + 1);
			if (r == 0)
				r = sys_unlinkat(dir, entry->d_name, AT_REMOVEDIR);
		}
		if (r < 0)
			return r;
	}
	return r;
}

int copyup_remove(int parent, const char *name)
{
	int r = sys_unlinkat(parent, name, 0);
	__fd int dir = -EBADF;

	if (r != -EISDIR)
		return r;
	dir = path_open_own(parent, name, O_RDONLY | O_DIRECTORY, 0);
	r = dir < 0 ? dir : empty(dir, 0);
	return r < 0 ? r : sys_unlinkat(parent, name, AT_REMOVEDIR);
}

int copyup_fill(int dir, const struct copyup_like *like)
{
	__fd int from = -EBADF;
	int r;

	if (like->content < 0) {
		r = like->st ? sys_fchownat(dir, "", like->st->st_uid, like->st->st_gid,
					    AT_EMPTY_PATH)
			     : 0;
		return r < 0 || !like->st ? r
					  : sys_fchmod(dir, like->st->st_mode & 07777);
	}
	from = path_open_own(like->content, ".", O_RDONLY | O_DIRECTORY, 0);
	r = from < 0 ? from : copy_tree(from, dir);
	return r < 0 ? r : sys_syncfs(dir);
}
