/* SPDX-License-Identifier: Apache-2.0 */
#include "container/show.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"

#define RUN "/run/lamina"
#define CONTROL "control"

/* By name once more: a descriptor from before is of what lies below the mount. */
static int restrict_mount(int mount, unsigned long flags)
{
	char target[PATH_FD_SIZE];

	if (mount < 0)
		return mount;
	return sys_mount(NULL, path_of_fd(target, mount), NULL,
			 MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | flags,
			 NULL);
}

int show_over(int root, const char *from, int at, const char *path, unsigned long flags,
	      struct err *err)
{
	char target[PATH_FD_SIZE];
	int r = at < 0 ? at
		       : sys_mount(from, path_of_fd(target, at), NULL, MS_BIND, NULL);

	if (r < 0)
		return err_errno(err, r, "%s", path);
	__fd int mount = path_open_in(root, path + 1, O_PATH);

	r = restrict_mount(mount, flags);
	return r < 0 ? err_errno(err, r, "%s: read-only", path) : 0;
}

int show_directory(int root, const char *path, unsigned long flags, struct err *err)
{
	__fd int at = path_make_dirs_in(root, path + 1, 0755);

	return at == -EROFS ? 0 : show_over(root, path, at, path, flags, err);
}

int show_file(int root, const char *from, const char *path, struct err *err)
{
	__fd int at = path_open_in(root, path + 1, O_PATH);
	struct stat st;

	if (at < 0 || sys_fstat(at, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	return show_over(root, from, at, path, MS_NOEXEC, err);
}

/* A file of ours, not what an application left there, to mount it on. */
static int make_place(int dir)
{
	int r = sys_unlinkat(dir, CONTROL, 0);

	if (r < 0 && r != -ENOENT)
		return r;
	return sys_openat(dir, CONTROL,
			  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

static int show_socket(int root, const char *path, struct err *err)
{
	char target[PATH_FD_SIZE];
	__fd int dir = path_make_dirs_in(root, &RUN[1], 0755);
	__fd int place = dir < 0 ? dir : make_place(dir);
	int r = place < 0
			? place
			: sys_mount(path, path_of_fd(target, place), NULL, MS_BIND, NULL);

	return r < 0 && r != -EROFS ? err_errno(err, r, RUN "/" CONTROL) : 0;
}

int show_control(int root, const struct container *container, struct err *err)
{
	int r = show_socket(root, container->control, err);

	if (r == 0)
		r = show_directory(root, RUN "/bin", 0, err);
	if (r == 0)
		r = show_directory(root, RUN "/logs", MS_NOEXEC, err);
	/* after a reset it is the mount of a directory that is gone, which can't be shown */
	if (r == 0 && container->manifest->log.persist_bytes)
		r = show_directory(root, RUN "/kept", MS_NOEXEC, err);
	if (r == -ENOENT)
		r = 0;
	return r;
}
