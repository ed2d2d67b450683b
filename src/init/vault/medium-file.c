/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "block/loop.h"
#include "init/vault/medium.h"
#include "store/store.h"

/* To @size_bytes, if it isn't so long. Its bytes are written as they are read: no longer file is
 * one of ours. */
static int lengthen(struct medium *medium, uint64_t size_bytes, uint64_t beside_bytes,
		    struct err *err)
{
	uint64_t needed;
	struct statfs fs;
	char size[16];
	int r;

	if (medium->size_bytes >= size_bytes)
		return 0;
	needed = size_bytes - medium->size_bytes + beside_bytes;
	/* the kernel would take what there is before it says no */
	r = sys_fstatfs(medium->fd, &fs);
	if (r == 0 && (uint64_t)fs.f_bavail * (uint64_t)fs.f_bsize < needed)
		r = -ENOSPC;
	if (r < 0)
		return err_errno(err, r, "%s of room", str_size(needed, size));
	r = sys_fallocate(medium->fd, 0, 0, (int64_t)size_bytes);
	if (r == 0)
		r = sys_fsync(medium->fd);
	if (r < 0)
		return err_errno(err, r, "making it");
	medium->size_bytes = size_bytes;
	return 0;
}

static int measure(struct medium *medium, const struct medium_file *file, struct err *err)
{
	struct stat st;
	int r = sys_fstat(medium->fd, &st);

	if (r == 0 && !S_ISREG(st.st_mode))
		r = -EINVAL;
	if (r < 0)
		return err_errno(err, r, "%s", file->name);
	medium->size_bytes = (uint64_t)st.st_size & ~(uint64_t)4095;
	return 0;
}

/* It gets its name when it is whole: a shorter one was cut off. */
static int make(struct medium *medium, const struct medium_file *file, int dir,
		struct err *err)
{
	int r;

	/* of a making that was cut off, or a stranger's */
	(void)sys_unlinkat(dir, file->unfinished, 0);
	r = medium->fd =
		path_open_own(dir, file->unfinished, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (r < 0)
		return err_errno(err, r, "%s", file->unfinished);
	r = lengthen(medium, file->size_bytes, file->beside_bytes, err);
	if (r == 0) {
		r = path_move(dir, file->unfinished, dir, file->name);
		if (r < 0)
			(void)err_errno(err, r, "making it");
	}
	if (r < 0)
		(void)sys_unlinkat(dir, file->unfinished, 0);
	return r;
}

static int open_file(struct medium *medium, const struct medium_file *file, int dir,
		     struct err *err)
{
	bool creates = !file->unfinished;
	int r = medium->fd = path_open_own(
		dir, file->name, O_RDWR | (creates ? O_CREAT : 0), creates ? 0600 : 0);

	if (r == -ENOENT && !creates)
		return make(medium, file, dir, err);
	if (r < 0)
		return err_errno(err, r, "%s", file->name);
	r = measure(medium, file, err);
	return r < 0 || !creates
		       ? r
		       : lengthen(medium, file->size_bytes, file->beside_bytes, err);
}

static int attach(struct medium *medium, struct err *err)
{
	int loop = loop_open_writable(medium->fd, medium->size_bytes, medium->path, err);

	if (loop < 0)
		return loop;
	fd_close(medium->loop);
	medium->loop = loop;
	return 0;
}

int medium_file_open(struct medium *medium, const struct medium_file *file,
		     struct err *err)
{
	const char *target = file->target;
	int r, unmounted;
	__fd int dir = -EBADF;

	*medium = (struct medium){ .fd = -EBADF, .loop = -EBADF };
	r = sys_mkdirat(AT_FDCWD, target, 0700);
	if (r == 0 || r == -EEXIST)
		r = sys_mount(file->store, target, NULL, MS_BIND, NULL);
	if (r < 0)
		return err_errno(err, r, "%s", target);
	r = dir = store_open(target, err);
	if (dir >= 0)
		r = open_file(medium, file, dir, err);
	/* the file's mount stays as long as that is open */
	unmounted = sys_umount2(target, MNT_DETACH);
	if (r == 0 && unmounted < 0)
		r = err_errno(err, unmounted, "%s", file->name);
	if (r < 0)
		return r;
	if (medium->size_bytes < file->least_bytes)
		return err_set(err, -EUCLEAN, "it was cut off: %llu bytes are left",
			       (unsigned long long)medium->size_bytes);
	return attach(medium, err);
}

int medium_file_grow(struct medium *medium, uint64_t size_bytes, struct err *err)
{
	uint64_t before = medium->size_bytes;
	int r = lengthen(medium, size_bytes, 0, err);

	if (r == 0 && medium->size_bytes != before)
		r = attach(medium, err);
	if (r < 0)
		medium->size_bytes = before;
	return r < 0 ? r : medium->size_bytes != before;
}
