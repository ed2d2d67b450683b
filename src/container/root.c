/* SPDX-License-Identifier: Apache-2.0 */
#include "container/root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "container/device.h"
#include "container/files.h"
#include "container/mask.h"
#include "stack/mount.h"

#define QUIET (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

struct place {
	const char *path, *type, *options;
	unsigned int attrs;
};

/* Values of Docker and podman. Only here device nodes work, and only init makes them. */
static const struct place place_dev = { "dev", "tmpfs", "mode=0755,size=65536k",
					MOUNT_ATTR_NOSUID };
static const struct place place_pts = { "pts", "devpts",
					"newinstance,ptmxmode=0666,mode=0620,gid=5",
					MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC };
static const struct place place_shm = { "shm", "tmpfs", "mode=1777,size=65536k", QUIET };
static const struct place place_mqueue = { "mqueue", "mqueue", NULL, QUIET };
static const struct place place_proc = { "proc", "proc", NULL, QUIET };
static const struct place place_sys = { "sys", "sysfs", NULL, QUIET | MOUNT_ATTR_RDONLY };
static const struct place place_sys_rw = { "sys", "sysfs", NULL, QUIET };
static const struct place place_cgroup = { "fs/cgroup", "cgroup2", NULL,
					   QUIET | MOUNT_ATTR_RDONLY };
/* One that may make groups below its own. */
static const struct place place_groups = { "fs/cgroup", "cgroup2", NULL, QUIET };

/* What podman gives a systemd. */
static const struct place places_systemd[] = {
	{ "run", "tmpfs", "mode=0755", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV },
	{ "run/lock", "tmpfs", "mode=1777", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV },
	{ "tmp", "tmpfs", "mode=1777", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV },
};

/* The directory @path below @parent, made if missing. No link is followed: an image whose
 * /dev is one would have init's nodes made elsewhere. */
static int open_place(int parent, const char *path, struct err *err)
{
	int r = sys_mkdirat(parent, path, 0755);
	int fd;

	if (r < 0 && r != -EEXIST)
		return err_errno(err, r, "/%s", path);
	fd = path_open_own(parent, path, O_PATH | O_DIRECTORY, 0);
	if (fd == -ELOOP || fd == -ENOTDIR)
		return err_set(err, fd, "/%s: not a directory in the image", path);
	return fd < 0 ? err_errno(err, fd, "/%s", path) : fd;
}

/* Mounts it below the directory @parent. The root of what was mounted, the caller's; or
 * -errno. */
static int mount_place(int parent, const struct place *place, struct err *err)
{
	__fd int at = open_place(parent, place->path, err);
	int r;

	if (at < 0)
		return at;
	__fd int mount =
		mount_unattached(place->type, NULL, place->options, place->attrs, err);

	if (mount < 0)
		return err_wrap(err, mount, "/%s", place->path);
	r = mount_move(mount, "", at, "");
	return r < 0 ? err_errno(err, r, "mount at /%s", place->path) : TAKE_FD(mount);
}

static int mount_leaf(int parent, const struct place *place, struct err *err)
{
	int mount = mount_place(parent, place, err);

	fd_close(mount);
	return mount < 0 ? mount : 0;
}

/* Where the last mount made the directories, the parent is another one. */
static int mount_below(int parent, const struct place *place, struct err *err)
{
	const char *slash = strrchr(place->path, '/');
	struct place leaf = *place;
	char above[32];

	if (!slash)
		return mount_leaf(parent, place, err);
	(void)snprintf(above, sizeof(above), "%.*s", (int)(slash - place->path),
		       place->path);
	__fd int dir = path_open_in(parent, above, O_PATH | O_DIRECTORY);

	if (dir < 0)
		return err_errno(err, dir, "/%s", above);
	leaf.path = slash + 1;
	return mount_leaf(dir, &leaf, err);
}

/* Where the kernel has none of this kind, programs do without. */
static int mount_optional(int parent, const struct place *place, struct err *err)
{
	int r = mount_leaf(parent, place, err);

	return r == -ENODEV || r == -ENOENT || r == -EPERM ? 0 : r;
}

static int make_nodes(int dev, struct err *err)
{
	static const struct {
		const char *name;
		unsigned char major, minor;
	} nodes[] = {
		{ "null", 1, 3 },   { "zero", 1, 5 },	 { "full", 1, 7 },
		{ "random", 1, 8 }, { "urandom", 1, 9 }, { "tty", 5, 0 },
	};

	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		int r = sys_mknodat(dev, nodes[i].name, S_IFCHR | 0666,
				    makedev(nodes[i].major, nodes[i].minor));

		if (r < 0)
			return err_errno(err, r, "/dev/%s", nodes[i].name);
	}
	return 0;
}

static int make_links(int dev, struct err *err)
{
	static const char *const links[][2] = {
		{ "fd", "/proc/self/fd" },	 { "stdin", "/proc/self/fd/0" },
		{ "stdout", "/proc/self/fd/1" }, { "stderr", "/proc/self/fd/2" },
		{ "ptmx", "pts/ptmx" },
	};

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		int r = sys_symlinkat(links[i][1], dev, links[i][0]);

		if (r < 0)
			return err_errno(err, r, "/dev/%s", links[i][0]);
	}
	return 0;
}

/* The root of that mount, the caller's; or -errno. */
static int build_dev(int root, const struct container *container, struct err *err)
{
	__fd int dev = mount_place(root, &place_dev, err);
	struct place shm = place_shm;
	int r;

	if (dev < 0)
		return dev;
	if (container->shm)
		shm.options = container->shm;
	r = make_nodes(dev, err);
	if (r == 0)
		r = make_links(dev, err);
	if (r == 0)
		r = mount_leaf(dev, &place_pts, err);
	if (r == 0)
		r = mount_leaf(dev, &shm, err);
	if (r == 0)
		r = mount_optional(dev, &place_mqueue, err);
	if (r == 0)
		r = device_make(dev, container, err);
	return r < 0 ? err_wrap(err, r, "/dev") : TAKE_FD(dev);
}

/* Likewise. */
static int build_sys(int root, const struct container *container, struct err *err)
{
	const struct manifest *manifest = container->manifest;
	bool writable = manifest->sys || !manifest->confine;
	__fd int sys = mount_place(root, writable ? &place_sys_rw : &place_sys, err);
	int r = 0;

	if (sys < 0)
		return sys;
	if (container->cgroup >= 0)
		r = mount_optional(sys, manifest->systemd ? &place_groups : &place_cgroup,
				   err);
	return r < 0 ? r : TAKE_FD(sys);
}

static int build_kernel(int root, const struct container *container, struct err *err)
{
	__fd int dev = build_dev(root, container, err);
	__fd int proc = dev < 0 ? dev : mount_place(root, &place_proc, err);
	__fd int sys = proc < 0 ? proc : build_sys(root, container, err);

	if (sys < 0 || !container->manifest->confine)
		return sys < 0 ? sys : 0;
	return mask_make(proc, sys, dev, err);
}

static int build_systemd(int root, struct err *err)
{
	int r = 0;

	for (size_t i = 0;
	     r == 0 && i < sizeof(places_systemd) / sizeof(places_systemd[0]); i++)
		r = mount_below(root, &places_systemd[i], err);
	return r;
}

/* Only once inside its own group does the new namespace start there. */
static int enter_cgroup(int cgroup, struct err *err)
{
	__fd int procs = -EBADF;
	int r;

	if (cgroup < 0)
		return 0;
	procs = path_open_own(cgroup, "cgroup.procs", O_WRONLY, 0);
	r = procs < 0 ? procs : fd_write_all(procs, "0", 1);
	if (r < 0)
		return err_errno(err, r, "cgroup");
	r = sys_unshare(CLONE_NEWCGROUP);
	return r < 0 ? err_errno(err, r, "cgroup namespace") : 0;
}

int root_build(const struct container *container, struct err *err)
{
	int r = sys_mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL);
	__fd int root = -EBADF;

	if (r < 0)
		return err_errno(err, r, "making / private");
	/* by name: a descriptor of the parent's is of the parent's namespace */
	root = sys_openat(AT_FDCWD, container->root, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (root < 0)
		return err_errno(err, root, "%s", container->root);
	r = enter_cgroup(container->cgroup, err);
	if (r == 0)
		r = build_kernel(root, container, err);
	if (r == 0 && container->manifest->systemd)
		r = build_systemd(root, err);
	return r < 0 ? r : files_make(root, container, err);
}

int root_enter(const char *root, struct err *err)
{
	__fd int old = sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	int r = old;

	if (r >= 0)
		r = sys_chdir(root);
	if (r == 0)
		r = sys_pivot_root(".", ".");
	/* seen from the new root, "." would in the end be that */
	if (r == 0)
		r = sys_fchdir(old);
	if (r < 0)
		return err_errno(err, r, "changing the root");
	while ((r = sys_umount2(".", MNT_DETACH)) == 0)
		;
	if (r != -EINVAL)
		return err_errno(err, r, "leaving the old root");
	r = sys_chdir("/");
	return r < 0 ? err_errno(err, r, "the new root") : 0;
}
