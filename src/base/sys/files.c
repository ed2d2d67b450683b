/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/time_types.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* libc's -1 and errno as -errno */
#define RET(call)                                                  \
	do {                                                       \
		long ret_ = (long)(call);                          \
		return ret_ < 0 ? -errno : (__typeof__(call))ret_; \
	} while (0)

int sys_openat(int dirfd, const char *path, int flags, mode_t mode)
{
	RET(openat(dirfd, path, flags, mode));
}

int sys_openat2(int dirfd, const char *path, int flags, mode_t mode, uint64_t resolve)
{
	/* O_LARGEFILE by hand: on 32-bit ARM the kernel asks for it, and refuses it with O_PATH */
	int large = flags & O_PATH ? 0 : O_LARGEFILE;
	struct open_how how = {
		.flags = (uint64_t)(unsigned int)(flags | large),
		.mode = mode,
		.resolve = resolve,
	};

	RET((int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how)));
}

int sys_close(int fd)
{
	RET(close(fd));
}

ssize_t sys_read(int fd, void *buf, size_t size)
{
	RET(read(fd, buf, size));
}

ssize_t sys_write(int fd, const void *buf, size_t size)
{
	RET(write(fd, buf, size));
}

ssize_t sys_pread(int fd, void *buf, size_t size, int64_t offset)
{
	RET(pread(fd, buf, size, offset));
}

ssize_t sys_pwrite(int fd, const void *buf, size_t size, int64_t offset)
{
	RET(pwrite(fd, buf, size, offset));
}

int64_t sys_lseek(int fd, int64_t offset, int whence)
{
	int64_t at =
		lseek(fd, offset, whence); /* RET is a long's, which may be shorter */

	return at < 0 ? -errno : at;
}

int sys_fstat(int fd, struct stat *ret_st)
{
	RET(fstat(fd, ret_st));
}

int sys_fstatat(int dirfd, const char *path, struct stat *ret_st, int flags)
{
	RET(fstatat(dirfd, path, ret_st, flags));
}

int sys_fstatfs(int fd, struct statfs *ret_st)
{
	RET(fstatfs(fd, ret_st));
}

int sys_mkdirat(int dirfd, const char *path, mode_t mode)
{
	RET(mkdirat(dirfd, path, mode));
}

int sys_mknodat(int dirfd, const char *path, mode_t mode, dev_t dev)
{
	RET(mknodat(dirfd, path, mode, dev));
}

int sys_symlinkat(const char *target, int dirfd, const char *path)
{
	RET(symlinkat(target, dirfd, path));
}

int sys_unlinkat(int dirfd, const char *path, int flags)
{
	RET(unlinkat(dirfd, path, flags));
}

int sys_renameat(int olddirfd, const char *oldpath, int newdirfd, const char *newpath)
{
	RET(renameat(olddirfd, oldpath, newdirfd, newpath));
}

int sys_renameat2(int olddirfd, const char *oldpath, int newdirfd, const char *newpath,
		  unsigned int flags)
{
	RET((int)syscall(SYS_renameat2, olddirfd, oldpath, newdirfd, newpath, flags));
}

int sys_readlinkat(int dirfd, const char *path, char *buf, size_t size)
{
	RET((int)readlinkat(dirfd, path, buf, size));
}

int sys_fchmod(int fd, mode_t mode)
{
	RET(fchmod(fd, mode));
}

int sys_fchownat(int dirfd, const char *path, uid_t uid, gid_t gid, int flags)
{
	RET(fchownat(dirfd, path, uid, gid, flags));
}

ssize_t sys_flistxattr(int fd, char *names, size_t size)
{
	RET(flistxattr(fd, names, size));
}

ssize_t sys_fgetxattr(int fd, const char *name, void *value, size_t size)
{
	RET(fgetxattr(fd, name, value, size));
}

int sys_fsetxattr(int fd, const char *name, const void *value, size_t size)
{
	RET(fsetxattr(fd, name, value, size, 0));
}

int sys_futimens(int fd, const struct timespec times[2])
{
	RET(futimens(fd, times));
}

int sys_fsync(int fd)
{
	RET(fsync(fd));
}

int sys_fdatasync(int fd)
{
	RET(fdatasync(fd));
}

int sys_ftruncate(int fd, int64_t size)
{
	RET(ftruncate(fd, size));
}

int sys_getdents64(int fd, void *buf, size_t size)
{
	RET((int)syscall(SYS_getdents64, fd, buf, size));
}

int sys_dup3(int fd, int newfd, int flags)
{
	RET((int)syscall(SYS_dup3, fd, newfd, flags));
}

int sys_pipe2(int fds[2], int flags)
{
	RET((int)syscall(SYS_pipe2, fds, flags));
}

int sys_flock(int fd, int operation)
{
	RET(flock(fd, operation));
}

/* By number: libc's knows locks, too. */
#ifdef SYS_fcntl64
#define PLAIN_FCNTL SYS_fcntl64
#else
#define PLAIN_FCNTL SYS_fcntl
#endif

int sys_fcntl(int fd, int command, int arg)
{
	RET((int)syscall(PLAIN_FCNTL, fd, command, arg));
}

int sys_fadvise(int fd, int64_t offset, int64_t size, int advice)
{
	return -posix_fadvise(fd, offset, size, advice);
}

int sys_sync_file_range(int fd, int64_t offset, int64_t size, unsigned int flags)
{
	RET(sync_file_range(fd, offset, size, flags));
}

int sys_fchdir(int fd)
{
	RET(fchdir(fd));
}

int sys_chdir(const char *path)
{
	RET(chdir(path));
}

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

int sys_madvise(void *at, size_t size, int advice)
{
	RET(madvise(at, size, advice));
}

int sys_socket(int domain, int type, int protocol)
{
	RET(socket(domain, type, protocol));
}

int sys_bind(int fd, const void *address, size_t size)
{
	RET(bind(fd, address, (socklen_t)size));
}

ssize_t sys_recvfrom(int fd, void *buf, size_t size, int flags, void *ret_address,
		     size_t address_size)
{
	socklen_t room = (socklen_t)address_size;

	RET(recvfrom(fd, buf, size, flags, ret_address, &room));
}

int sys_listen(int fd, int backlog)
{
	RET(listen(fd, backlog));
}

int sys_accept(int fd, int flags)
{
	RET(accept4(fd, NULL, NULL, flags));
}

int sys_connect(int fd, const void *address, size_t size)
{
	RET(connect(fd, address, (socklen_t)size));
}

int sys_getsockopt(int fd, int level, int option, void *ret_value, size_t size)
{
	socklen_t room = (socklen_t)size;

	RET(getsockopt(fd, level, option, ret_value, &room));
}

ssize_t sys_sendmsg(int fd, const struct msghdr *message, int flags)
{
	RET(sendmsg(fd, message, flags));
}

ssize_t sys_recvmsg(int fd, struct msghdr *message, int flags)
{
	RET(recvmsg(fd, message, flags));
}

/* By number: libc's puts its threads' locks in order, in 4 KiB, and here are no threads. */
pid_t sys_fork(void)
{
	return sys_clone(0);
}

pid_t sys_clone(unsigned long flags)
{
	RET((pid_t)syscall(SYS_clone, flags | SIGCHLD, 0UL, 0UL, 0UL, 0UL));
}

int sys_pidfd_open(pid_t pid)
{
	RET((int)syscall(SYS_pidfd_open, pid, 0U));
}

/* By number: libc's has four arguments of any kind, in 100 bytes. */
int sys_traceme(void)
{
	RET((int)syscall(SYS_ptrace, PTRACE_TRACEME, 0UL, 0UL, 0UL));
}

int sys_execve(const char *path, char *const argv[], char *const envp[])
{
	RET(execve(path, argv, envp));
}

pid_t sys_waitpid(pid_t pid, int *ret_status, int options)
{
	RET(waitpid(pid, ret_status, options));
}

int sys_kill(pid_t pid, int sig)
{
	RET(kill(pid, sig));
}

pid_t sys_getpid(void)
{
	return getpid();
}

pid_t sys_getppid(void)
{
	return getppid();
}

pid_t sys_setsid(void)
{
	RET(setsid());
}

/* By number: libc's would change its other threads too, in 3 KiB, and here are none. Where
 * ids once had 16 bits, the plain names are of that time. */
#ifdef SYS_setresuid32
#define ID_CALL(name) SYS_##name##32
#else
#define ID_CALL(name) SYS_##name
#endif

int sys_setgroups(size_t count, const gid_t *groups)
{
	RET((int)syscall(ID_CALL(setgroups), count, groups));
}

int sys_setresgid(gid_t gid)
{
	RET((int)syscall(ID_CALL(setresgid), gid, gid, gid));
}

int sys_setresuid(uid_t uid, uid_t saved)
{
	RET((int)syscall(ID_CALL(setresuid), uid, uid, saved));
}

int sys_umask(mode_t mask)
{
	return (int)umask(mask);
}

int sys_sigaction(int sig, const struct sigaction *action)
{
	RET(sigaction(sig, action, NULL));
}

int sys_sigprocmask(int how, const sigset_t *set)
{
	RET(sigprocmask(how, set, NULL));
}

int sys_prctl(int option, unsigned long arg)
{
	RET(prctl(option, arg, 0UL, 0UL, 0UL));
}

int sys_signalfd(const sigset_t *set, int flags)
{
	RET(signalfd(-1, set, flags));
}

/* By number: libc's looks at its threads, and 32 bits have another size of it. */
int sys_setrlimit(int resource, uint64_t soft, uint64_t hard)
{
	const uint64_t limits[2] = { soft, hard };

	RET((int)syscall(SYS_prlimit64, 0, resource, limits, NULL));
}

int sys_close_range(unsigned int first, unsigned int last, unsigned int flags)
{
	RET((int)syscall(SYS_close_range, first, last, flags));
}

void sys_exit(int status)
{
	_exit(status);
}

/* By number: libc's first looks for the kernel's shared page, in 1 KiB. */
#ifndef SYS_clock_gettime64
#define SYS_clock_gettime64 SYS_clock_gettime
#endif

int sys_clock_gettime(clockid_t clock, struct timespec *ret_time)
{
	struct __kernel_timespec now;

	if (syscall(SYS_clock_gettime64, clock, &now) < 0)
		return -errno;
	ret_time->tv_sec = now.tv_sec;
	ret_time->tv_nsec = (long)now.tv_nsec;
	return 0;
}

int sys_nanosleep(const struct timespec *time)
{
	RET(nanosleep(time, NULL));
}

int sys_poll(struct pollfd *fds, unsigned int count, int timeout_ms)
{
	RET(poll(fds, count, timeout_ms));
}

int sys_sync(void)
{
	sync();
	return 0;
}

int sys_reboot(int cmd)
{
	RET(reboot(cmd));
}
