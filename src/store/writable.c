/* SPDX-License-Identifier: Apache-2.0 */
#include "store/writable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "base/fd.h"
#include "base/sys.h"
#include "store/store.h"

/* statfs has these flags where mount has them */
#define KEPT                                                              \
	(MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_SYNCHRONOUS | MS_NOATIME | \
	 MS_NODIRATIME | MS_RELATIME)

int writable_remount(const char *path, unsigned long flags)
{
	return sys_mount(NULL, path, NULL,
			 MS_REMOUNT | MS_NOSUID | MS_NODEV | MS_NOEXEC | flags, NULL);
}

static int get_flags(const char *path, unsigned long *ret_flags)
{
	__fd int fd = store_open(path, NULL);
	struct statfs st;
	int r = fd < 0 ? fd : sys_fstatfs(fd, &st);

	if (r == 0)
		*ret_flags = (unsigned long)st.f_flags;
	return r;
}

static int remount(const struct writable *writable, unsigned long flags)
{
	return sys_mount(NULL, writable->path, NULL, MS_REMOUNT | writable->flags | flags,
			 NULL);
}

/* statfs says read-only for a mount as for its file system: which of them it is shows
 * when the mount alone no longer is. */
static int begin(struct writable *writable, enum writable_rest rest)
{
	unsigned long flags = 0;
	int r = get_flags(writable->path, &flags);

	if (r < 0 || (!(flags & ST_RDONLY) && rest == WRITABLE_AS_FOUND))
		return r;
	writable->flags = flags & KEPT;
	r = remount(writable, MS_BIND);
	if (r < 0)
		return r == -EINVAL ? 0 : r; /* no mount point */
	writable->mount_ro = true;
	r = get_flags(writable->path, &flags);
	if (r == 0 && flags & ST_RDONLY) {
		r = remount(writable, 0);
		writable->super_ro = r == 0;
	} else if (r == 0) {
		writable->super_ro = rest == WRITABLE_READ_ONLY;
	}
	return r;
}

int writable_begin(struct writable *writable, const char *path, enum writable_rest rest,
		   struct err *err)
{
	int r;

	*writable = (struct writable){ .path = "" };
	if (strlen(path) >= sizeof(writable->path))
		return err_errno(err, -ENAMETOOLONG, "%s", path);
	memcpy(writable->path, path, strlen(path));
	r = begin(writable, rest);
	if (r == 0)
		return 0;
	(void)writable_end(writable, NULL);
	return err_errno(err, r, "%s: making it writable", path);
}

/* The kernel says it of every disk and partition; elsewhere there is nothing to read. */
int writable_check(int store, struct err *err)
{
	__fd int fd = -EBADF;
	char path[64], ro;
	struct stat st;
	int r = sys_fstat(store, &st);

	if (r < 0)
		return err_errno(err, r, "store");
	(void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/ro", major(st.st_dev),
		       minor(st.st_dev));
	fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	if (fd >= 0 && sys_read(fd, &ro, 1) == 1 && ro == '1')
		return err_set(err, -EROFS, "the store's disk is read-only");
	return 0;
}

int writable_end(const struct writable *writable, struct err *err)
{
	unsigned long flags = writable->super_ro ? MS_RDONLY : MS_RDONLY | MS_BIND;
	int r = writable->mount_ro ? remount(writable, flags) : 0;

	return r < 0 ? err_errno(err, r, "%s: making it read-only", writable->path) : 0;
}
