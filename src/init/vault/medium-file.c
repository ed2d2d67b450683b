/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
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

/* Its bytes are written as they are read: no longer file is one of ours. */
static int lengthen(struct medium *medium, const struct medium_file *file,
		    struct err *err)
{
	uint64_t size_bytes = file->size_bytes, needed;
	struct statfs fs;
	struct stat st;
	char size[16];
	int r = sys_fstat(medium->fd, &st);

	if (r == 0 && !S_ISREG(st.st_mode))
		r = -EINVAL;
	if (r < 0)
		return err_errno(err, r, "%s", file->name);
	medium->size_bytes = (uint64_t)st.st_size & ~(uint64_t)4095;
	if (medium->size_bytes >= size_bytes)
		return 0;
	needed = size_bytes - medium->size_bytes + file->beside_bytes;
	/* the kernel would take what there is before it says no */
	r = sys_fstatfs(medium->fd, &fs);
	if (r == 0 && (uint64_t)fs.f_bavail * (uint64_t)fs.f_bsize < needed)
		r = -ENOSPC;
	if (r < 0)
		return err_errno(err, r, "%s of room", str_size(needed, size));
	r = sys_fallocate(medium->fd, 0, 0, (int64_t)size_bytes);
	if (r == 0)
		r = sys_fsync(medium->fd);
	medium->size_bytes = size_bytes;
	return r < 0 ? err_errno(err, r, "making it") : 0;
}

int medium_file_open(struct medium *medium, const struct medium_file *file,
		     struct err *err)
{
	const char *target = file->target;
	int r;
	__fd int dir = -EBADF;

	*medium = (struct medium){ .fd = -EBADF, .loop = -EBADF };
	r = sys_mkdirat(AT_FDCWD, target, 0700);
	if (r == 0 || r == -EEXIST)
		r = sys_mount(file->store, target, NULL, MS_BIND, NULL);
	if (r < 0)
		return err_errno(err, r, "%s", target);
	dir = store_open(target, err);
	if (dir >= 0)
		medium->fd = path_open_own(dir, file->name, O_RDWR | O_CREAT, 0600);
	/* the file's mount stays as long as that is open */
	r = sys_umount2(target, MNT_DETACH);
	if (dir < 0)
		return dir;
	if (medium->fd < 0 || r < 0)
		return err_errno(err, medium->fd < 0 ? medium->fd : r, "%s", file->name);
	r = lengthen(medium, file, err);
	if (r == 0)
		r = medium->loop = loop_open_writable(medium->fd, medium->size_bytes,
						      medium->path, err);
	return r < 0 ? r : 0;
}
