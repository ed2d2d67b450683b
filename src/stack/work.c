/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/work.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>

#include "base/sys.h"
#include "stack/mount.h"

int work_open(const char *path, struct err *err)
{
	int r = sys_mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL);

	if (r < 0)
		return err_errno(err, r, "making / private");
	r = sys_mkdirat(AT_FDCWD, path, 0700);
	if (r < 0 && r != -EEXIST)
		return err_errno(err, r, "%s", path);
	return work_tmpfs(path, MS_NOSUID | MS_NODEV, "mode=0700", err);
}

int work_drop(const char *path, struct err *err)
{
	int r = sys_umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);

	return r < 0 ? err_errno(err, r, "detaching %s", path) : 0;
}

int work_tmpfs(const char *target, unsigned long flags, const char *options,
	       struct err *err)
{
	int r;

	/* these four have the same values as MOUNT_ATTR_* */
	if (flags & ~(unsigned long)(MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC))
		return err_set(err, -EINVAL, "%s: mount flags %#lx", target, flags);
	r = mount_new("tmpfs", NULL, options, (unsigned int)flags, target, err);
	return r < 0 ? err_wrap(err, r, "%s", target) : 0;
}
