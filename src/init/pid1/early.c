/* SPDX-License-Identifier: Apache-2.0 */
#include "init/pid1/early.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "stack/mount.h"

static const struct early {
	const char *path, *type, *options;
	unsigned int attrs;
} earlies[] = {
	{ "/dev", "devtmpfs", "mode=0755", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC },
	{ "/proc", "proc", "", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC },
	{ "/sys", "sysfs", "", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC },
	{ "/run", "tmpfs", "mode=0755", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV },
};

/* Another file system than that of "/" is one that somebody mounted. */
static bool is_mounted(const char *path)
{
	struct stat root, st;

	return sys_fstatat(AT_FDCWD, "/", &root, 0) == 0 &&
	       sys_fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_dev != root.st_dev;
}

static int mount_one(const struct early *early, struct err *err)
{
	int r = sys_mkdirat(AT_FDCWD, early->path, 0755);

	if (r < 0 && r != -EEXIST)
		return err_errno(err, r, "%s", early->path);
	if (is_mounted(early->path))
		return 0;
	r = mount_new(early->type, NULL, early->options, early->attrs, early->path, err);
	return r < 0 ? err_wrap(err, r, "%s", early->path) : 0;
}

/* What programs expect in /dev and devtmpfs does not make: without them, "> /dev/stderr"
 * would fill a file. */
static int make_links(struct err *err)
{
	static const char *const links[][2] = {
		{ "/dev/fd", "/proc/self/fd" },
		{ "/dev/stdin", "/proc/self/fd/0" },
		{ "/dev/stdout", "/proc/self/fd/1" },
		{ "/dev/stderr", "/proc/self/fd/2" },
	};

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		int r = sys_symlinkat(links[i][1], AT_FDCWD, links[i][0]);

		if (r < 0 && r != -EEXIST)
			return err_errno(err, r, "%s", links[i][0]);
	}
	return 0;
}

int early_mounts(struct err *err)
{
	for (size_t i = 0; i < sizeof(earlies) / sizeof(earlies[0]); i++) {
		int r = mount_one(&earlies[i], err);

		if (r < 0)
			return r;
	}
	return make_links(err);
}
