/* SPDX-License-Identifier: Apache-2.0 */
#include "init/supervise/host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stddef.h>
#include <string.h>

#include "base/dir.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "container/loopback.h"
#include "stack/mount.h"

#define CGROUPS "/sys/fs/cgroup"
/* Deeper than any init makes them. */
#define DEPTH 16

static void set(const char *path, const char *text)
{
	__fd int fd = sys_openat(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);

	if (fd >= 0)
		(void)fd_write_all(fd, text, strlen(text));
}

void host_prepare(void)
{
	static const char *const controllers[] = { "+cpu", "+memory", "+pids", "+io" };

	/* nobody inside a group of ours raises its limits, though all else there is his */
	(void)mount_new("cgroup2", NULL, "nsdelegate",
			MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, CGROUPS,
			NULL);
	/* one by one: the kernel takes all of a line or nothing */
	for (size_t i = 0; i < sizeof(controllers) / sizeof(controllers[0]); i++)
		set(CGROUPS "/cgroup.subtree_control", controllers[i]);
	loopback_permit();
}

/* An init inside has made groups of its own. Their files go with them. */
static void remove_groups(int parent, const char *name, unsigned int depth)
{
	__fd int fd = path_open_own(parent, name, O_RDONLY | O_DIRECTORY, 0);
	const struct dirent *entry;
	struct dir list;

	if (fd < 0)
		return;
	dir_init(&list, fd);
	while (depth < DEPTH && dir_next(&list, &entry) > 0) {
		if (entry->d_type == DT_DIR)
			remove_groups(fd, entry->d_name, depth + 1);
	}
	(void)sys_unlinkat(parent, name, AT_REMOVEDIR);
}

static int open_top(void)
{
	return sys_openat(AT_FDCWD, CGROUPS, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
}

int host_cgroup_there(const char *name)
{
	__fd int top = open_top();

	return top < 0 ? top : path_open_own(top, name, O_RDONLY | O_DIRECTORY, 0);
}

int host_cgroup(const char *name)
{
	__fd int top = open_top();
	int r;

	if (top < 0)
		return top;
	remove_groups(top, name, 0);
	r = sys_mkdirat(top, name, 0755);
	/* one that could not go is as good */
	return r < 0 && r != -EEXIST
		       ? r
		       : path_open_own(top, name, O_RDONLY | O_DIRECTORY, 0);
}
