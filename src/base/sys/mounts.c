/* SPDX-License-Identifier: Apache-2.0 */
/* Devices, mounts and namespaces. */
#include "base/sys.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/sys/ret.h"

int sys_ioctl(int fd, unsigned long request, void *arg)
{
	RET((int)syscall(SYS_ioctl, fd, request, arg));
}

int sys_ioctl_number(int fd, unsigned long request, unsigned long arg)
{
	RET((int)syscall(SYS_ioctl, fd, request, arg));
}

int sys_mount(const char *source, const char *target, const char *type,
	      unsigned long flags, const void *data)
{
	RET(mount(source, target, type, flags, data));
}

int sys_umount2(const char *target, int flags)
{
	RET(umount2(target, flags));
}

/* The new mount calls by number: no libc in use here is sure to have them. */
int sys_fsopen(const char *type, unsigned int flags)
{
	RET((int)syscall(SYS_fsopen, type, flags));
}

int sys_fsconfig(int fd, unsigned int cmd, const char *key, const void *value, int aux)
{
	RET((int)syscall(SYS_fsconfig, fd, cmd, key, value, aux));
}

int sys_fsmount(int fd, unsigned int flags, unsigned int attr_flags)
{
	RET((int)syscall(SYS_fsmount, fd, flags, attr_flags));
}

int sys_move_mount(int from_dirfd, const char *from, int to_dirfd, const char *to,
		   unsigned int flags)
{
	RET((int)syscall(SYS_move_mount, from_dirfd, from, to_dirfd, to, flags));
}

int sys_chroot(const char *path)
{
	RET(chroot(path));
}

int sys_pivot_root(const char *new_root, const char *put_old)
{
	RET((int)syscall(SYS_pivot_root, new_root, put_old));
}

int sys_unshare(int flags)
{
	RET((int)syscall(SYS_unshare, flags));
}

int sys_setns(int fd, int flags)
{
	RET((int)syscall(SYS_setns, fd, flags));
}

int sys_sethostname(const char *name, size_t size)
{
	RET((int)syscall(SYS_sethostname, name, size));
}
