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
#include "store/store.h"

/* No name that an image or an application would give a file. */
#define UNFINISHED ".lamina-inject%new"

/* Opens the store's file. An fd; -ENOENT when there is none. */
static int open_source(const struct part *part, const char *path, uint64_t *ret_size,
		       struct err *err)
{
	char name[4096 + sizeof("inject")];
	struct str s;
	int r;

	str_init(&s, name, sizeof(name));
	str_addf(&s, "inject%s", path);
	if (str_done(&s) < 0)
		return err_set(err, -ENAMETOOLONG, "name too long");
	r = store_check_dirs(part->stage->store, name, err);
	if (r < 0)
		return r;
	return path_open_own_file(part->stage->store, name, ret_size, err);
}

/* Takes over a regular file that is there. */
static int look(int dir, const char *name, struct stat *ret_like)
{
	struct stat st;
	int r = sys_fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW);

	if (r == -ENOENT)
		return 0;
	if (r == 0 && S_ISDIR(st.st_mode))
		return -EISDIR;
	if (r == 0 && S_ISREG(st.st_mode))
		*ret_like = st;
	return r;
}

static int fill(int to, int from, uint64_t size, const struct stat *like)
{
	int64_t copied = fd_copy(from, to, size);
	int r = copied < 0 ? (int)copied : (uint64_t)copied < size ? -EIO : 0;

	if (r == 0)
		r = sys_fchownat(to, "", like->st_uid, like->st_gid, AT_EMPTY_PATH);
	/* a stranger's bytes get nobody's rights, even where the image has a setuid file */
	return r < 0 ? r : sys_fchmod(to, like->st_mode & 0777);
}

static int create(int dir)
{
	return sys_openat(dir, UNFINISHED,
			  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* What was there stays until all of the new file is: in a volume it may be the user's. */
static int copy_to(int dir, const char *name, int from, uint64_t size)
{
	struct stat like;
	int r = sys_fstat(from, &like);

	if (r == 0)
		r = look(dir, name, &like);
	if (r < 0)
		return r;
	__fd int to = create(dir);

	if (to == -EEXIST) { /* of a boot whose power was cut */
		r = sys_unlinkat(dir, UNFINISHED, 0);
		to = r < 0 ? r : create(dir);
	}
	if (to < 0)
		return to;
	r = fill(to, from, size, &like);
	if (r == 0)
		r = sys_renameat(dir, UNFINISHED, dir, name);
	if (r < 0)
		(void)sys_unlinkat(dir, UNFINISHED, 0);
	return r;
}

int inject_copy(const struct part *part, const char *path, struct err *err)
{
	const char *name;
	uint64_t size;
	__fd int from = open_source(part, path, &size, err);
	int r;

	if (from == -ENOENT)
		return 0;
	if (from < 0)
		return err_wrap(err, from, "inject %s", path);
	if (size > INJECT_MAX_SIZE)
		return err_set(err, -EFBIG, "inject %s: more than %d bytes", path,
			       INJECT_MAX_SIZE);
	__fd int dir = place_open_parent(part, path, &name, err);

	r = dir < 0 ? err_wrap(err, dir, "inject") : copy_to(dir, name, from, size);
	if (r < 0 && dir >= 0)
		(void)err_errno(err, r, "inject %s", path);
	if (r < 0 && place_pass_over(part, path, err))
		r = 0;
	return r < 0 ? r : 1;
}
