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
#include "base/str.h"
#include "base/sys.h"
#include "container/loopback.h"
#include "stack/mount.h"

#define CGROUPS "/sys/fs/cgroup"
/* Deeper than any init makes them. */
#define DEPTH 16

static const char *const controllers[] = { "cpu", "memory", "pids", "io" };

/* One by one: the kernel takes all of a line or nothing. */
static void control(int group, const char *how)
{
	__fd int fd = path_open_own(group, "cgroup.subtree_control", O_WRONLY, 0);

	for (size_t i = 0; fd >= 0 && i < sizeof(controllers) / sizeof(controllers[0]);
	     i++) {
		char word[16];
		struct str s;

		str_init(&s, word, sizeof(word));
		str_addf(&s, "%s%s", how, controllers[i]);
		(void)fd_write_all(fd, s.buf, s.used);
	}
}

static int open_top(void)
{
	return sys_openat(AT_FDCWD, CGROUPS, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
}

void host_prepare(void)
{
	__fd int top = -EBADF;

	/* nobody inside a group of ours raises its limits, though all else there is his */
	(void)mount_new("cgroup2", NULL, "nsdelegate",
			MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, CGROUPS,
			NULL);
	top = open_top();
	control(top, "+");
	loopback_permit();
}

/* An init inside has made groups of its own. Their files go with them. */
static void remove_below(int group, unsigned int depth)
{
	const struct dirent *entry;
	struct dir list;

	dir_init(&list, group);
	while (depth < DEPTH && dir_next(&list, &entry) > 0) {
		__fd int fd = entry->d_type != DT_DIR
				      ? -EBADF
				      : path_open_own(group, entry->d_name,
						      O_RDONLY | O_DIRECTORY, 0);

		if (fd < 0)
			continue;
		remove_below(fd, depth + 1);
		(void)sys_unlinkat(group, entry->d_name, AT_REMOVEDIR);
	}
}

int host_cgroup_there(const char *name)
{
	__fd int top = open_top();

	return top < 0 ? top : path_open_own(top, name, O_RDONLY | O_DIRECTORY, 0);
}

/* What the application wrote to memory counts on after its end: its group stays, but for what an
 * init inside made of it. With controllers for others below it could not have a process. */
static void make_anew(int group)
{
	remove_below(group, 0);
	control(group, "-");
}

int host_cgroup(const char *name)
{
	__fd int top = open_top();
	__fd int group = -EBADF;
	int r;

	if (top < 0)
		return top;
	r = sys_mkdirat(top, name, 0755);
	if (r < 0 && r != -EEXIST)
		return r;
	group = path_open_own(top, name, O_RDONLY | O_DIRECTORY, 0);
	if (group >= 0 && r == -EEXIST)
		make_anew(group);
	return TAKE_FD(group);
}
