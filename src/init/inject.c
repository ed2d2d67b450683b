/* SPDX-License-Identifier: Apache-2.0 */
#include "init/inject.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "init/place.h"

/* Opens the store's file. An fd; -ENOENT when there is none. */
static int open_source(const struct stage *stage, const char *path, uint64_t *ret_size,
		       struct err *err)
{
	char name[4096 + sizeof("inject")];
	struct str s;

	str_init(&s, name, sizeof(name));
	str_addf(&s, "inject%s", path);
	if (str_done(&s) < 0)
		return err_set(err, -ENAMETOOLONG, "name too long");
	return path_open_own_file(stage->store, name, ret_size, err);
}

/* Makes room at @name. Fills @ret_like from a regular file that was there. */
static int replace(int dir, const char *name, struct stat *ret_like)
{
	struct stat st;
	int r = sys_fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (S_ISREG(st.st_mode))
		*ret_like = st;
	return sys_unlinkat(dir, name, 0);
}

static int copy_bytes(int from, int to, uint64_t size)
{
	static char buf[4096];

	for (uint64_t at = 0; at < size;) {
		size_t count =
			size - at < sizeof(buf) ? (size_t)(size - at) : sizeof(buf);
		int r = fd_pread_all(from, buf, count, at);

		if (r == 0)
			r = fd_write_all(to, buf, count);
		if (r < 0)
			return r;
		at += count;
	}
	return 0;
}

static int copy_to(int dir, const char *name, int from, uint64_t size)
{
	struct stat like;
	int r = sys_fstat(from, &like);

	if (r < 0)
		return r;
	r = replace(dir, name, &like);
	if (r < 0)
		return r;
	__fd int to = sys_openat(
		dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (to < 0)
		return to;
	r = copy_bytes(from, to, size);
	if (r == 0)
		r = sys_fchownat(to, "", like.st_uid, like.st_gid, AT_EMPTY_PATH);
	/* a stranger's bytes get nobody's rights, even where the image has a setuid file */
	return r < 0 ? r : sys_fchmod(to, like.st_mode & 0777);
}

int inject_copy(const struct stage *stage, const char *path, struct err *err)
{
	const char *name;
	uint64_t size;
	__fd int from = open_source(stage, path, &size, err);
	int r;

	if (from == -ENOENT)
		return 0;
	if (from < 0)
		return err_wrap(err, from, "inject %s", path);
	if (size > INJECT_MAX_SIZE)
		return err_set(err, -EFBIG, "inject %s: more than %d bytes", path,
			       INJECT_MAX_SIZE);
	__fd int dir = place_open_parent(stage, path, &name, err);

	if (dir < 0)
		return err_wrap(err, dir, "inject");
	r = copy_to(dir, name, from, size);
	return r < 0 ? err_errno(err, r, "inject %s", path) : 1;
}
