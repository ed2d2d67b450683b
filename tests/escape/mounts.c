/* SPDX-License-Identifier: Apache-2.0 */
/* Mounts, and namespaces of one's own. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "escape.h"

HERE(mount_tmpfs, mount("x", "/at", "tmpfs", 0, NULL))
HERE(mount_proc, mount("x", "/at", "proc", 0, NULL))
HERE(mount_sysfs, mount("x", "/at", "sysfs", 0, NULL))
HERE(mount_devtmpfs, mount("x", "/at", "devtmpfs", 0, NULL))
HERE(mount_cgroup, mount("x", "/at", "cgroup2", 0, NULL))
HERE(mount_groups, mount("x", "/at", "cgroup", 0, "none,name=escape"))
HERE(mount_terminals, mount("x", "/at", "devpts", 0, "newinstance"))
HERE(mount_bpf, mount("x", "/at", "bpf", 0, NULL))
HERE(mount_debug, mount("x", "/at", "debugfs", 0, NULL))
HERE(mount_trace, mount("x", "/at", "tracefs", 0, NULL))
HERE(mount_security, mount("x", "/at", "securityfs", 0, NULL))
HERE(mount_formats, mount("x", "/at", "binfmt_misc", 0, NULL))
HERE(mount_overlay, mount("x", "/at", "overlay", 0, "lowerdir=/tmp:/dev/shm"))
HERE(mount_nfs, mount("x", "/at", "nfs", 0, NULL))
HERE(mount_bind, mount("/dev", "/at", NULL, MS_BIND, NULL))
HERE(remount_sys, mount(NULL, "/sys", NULL, MS_REMOUNT | MS_BIND, NULL))
HERE(remount_root, mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL))
HERE(make_shared, mount(NULL, "/", NULL, MS_SHARED, NULL))
HERE(umount_shm, umount2("/dev/shm", MNT_DETACH))
HERE(open_fs, CALL(fsopen, "tmpfs", 0))
HERE(pick_fs, CALL(fspick, AT_FDCWD, "/none", 0))
HERE(new_mount_of, CALL(fsmount, -1, 0, 0))
HERE(open_tree_clone, CALL(open_tree, AT_FDCWD, "/", 1))
HERE(set_attr, CALL(mount_setattr, AT_FDCWD, "/at", 0, NULL, 0UL))
HERE(move_a_mount, CALL(move_mount, AT_FDCWD, "/none", AT_FDCWD, "/at", 0))
APART(pivot, CALL(pivot_root, "/none", "/none"))

/* A file system whose answers are this program's. */
static int mount_user(void)
{
	char data[64];
	int fd, r;

	if (mknod("/dev/user", S_IFCHR | 0600, makedev(10, 229)) < 0)
		return -1;
	fd = open("/dev/user", O_RDWR | O_CLOEXEC);
	r = errno;
	(void)unlink("/dev/user");
	errno = r;
	(void)snprintf(data, sizeof(data), "fd=%d,rootmode=40000,user_id=0,group_id=0",
		       fd);
	r = fd < 0 ? -1 : mount("x", "/at", "fuse", 0, data);
	return done(fd, r);
}

/* --- namespaces -------------------------------------------------------------------------- */

APART(new_user, unshare(CLONE_NEWUSER))
APART(new_mount, unshare(CLONE_NEWNS))
APART(new_net, unshare(CLONE_NEWNET))
APART(new_pid, unshare(CLONE_NEWPID))
APART(new_uts, unshare(CLONE_NEWUTS))
APART(new_ipc, unshare(CLONE_NEWIPC))
APART(new_cgroup, unshare(CLONE_NEWCGROUP))
APART(new_time, unshare(0x80 /* CLONE_NEWTIME */))

static int clone_with(unsigned long flags)
{
	int status;
	pid_t pid = CALL(clone, flags | SIGCHLD, 0UL, 0UL, 0UL, 0UL);

	if (pid == 0)
		_exit(0);
	return pid < 0 ? -1 : (waitpid(pid, &status, 0), 0);
}

HERE(clone_user, clone_with(CLONE_NEWUSER))
HERE(clone_mount, clone_with(CLONE_NEWNS))
HERE(clone_net, clone_with(CLONE_NEWNET))

static int clone3_user(void)
{
	uint64_t args[8] = { CLONE_NEWUSER, 0, 0, 0, SIGCHLD };
	int status, pid = CALL(clone3, args, sizeof(args));

	if (pid == 0)
		_exit(0);
	return pid < 0 ? -1 : (waitpid(pid, &status, 0), 0);
}

static int enter_there(void)
{
	int fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);

	return setns(fd, CLONE_NEWNS);
}
HERE(enter, apart(enter_there))

const struct attempt attempts_mounts[] = {
	A(mount_tmpfs),
	A(mount_proc),
	A(mount_sysfs),
	A(mount_devtmpfs),
	A(mount_cgroup),
	A(mount_groups),
	A(mount_terminals),
	A(mount_bpf),
	A(mount_debug),
	A(mount_trace),
	A(mount_security),
	A(mount_formats),
	A(mount_overlay),
	A(mount_user),
	THEN(mount_nfs, EINVAL),
	A(mount_bind),
	A(remount_sys),
	A(remount_root),
	A(make_shared),
	A(umount_shm),
	A(open_fs),
	THEN(pick_fs, ENOENT),
	THEN(new_mount_of, EBADF),
	A(open_tree_clone),
	THEN(set_attr, EINVAL),
	THEN(move_a_mount, ENOENT),
	THEN(pivot, ENOENT),
	A(new_user),
	A(new_mount),
	A(new_net),
	A(new_pid),
	A(new_uts),
	A(new_ipc),
	A(new_cgroup),
	A(new_time),
	A(clone_user),
	A(clone_mount),
	A(clone_net),
	A(clone3_user),
	A(enter),
	{ 0 },
};
