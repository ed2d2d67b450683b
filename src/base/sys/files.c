/* SPDX-License-Identifier: Apache-2.0 */
/* Files and what stands for them, by descriptor. */
#include "base/sys.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h> /* renameat() */
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/sys/ret.h"
#ifndef STATX_BASIC_STATS /* musl has it since 1.2.5, and the kernel's header is in its way then */
#include <linux/stat.h>
#endif

/* Several of these by number: libc's do more than the kernel's, in some 200 bytes each. It
 * looks at /proc where a descriptor is only a path's, and knows kernels of long ago. */

int sys_openat(int dirfd, const char *path, int flags, mode_t mode)
{
	RET((int)syscall(SYS_openat, dirfd, path, flags | O_LARGEFILE, mode));
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
	RET((int)syscall(SYS_close, fd));
}

ssize_t sys_read(int fd, void *buf, size_t size)
{
	RET((ssize_t)syscall(SYS_read, fd, buf, size));
}

ssize_t sys_write(int fd, const void *buf, size_t size)
{
	RET((ssize_t)syscall(SYS_write, fd, buf, size));
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
	return sys_fstatat(fd, "", ret_st, AT_EMPTY_PATH);
}

static struct timespec time_of(const struct statx_timestamp *stamp)
{
	return (struct timespec){ .tv_sec = stamp->tv_sec, .tv_nsec = stamp->tv_nsec };
}

static dev_t device_of(unsigned int major, unsigned int minor)
{
	return makedev(major, minor);
}

/* The one that is the same on every architecture. */
int sys_fstatat(int dirfd, const char *path, struct stat *ret_st, int flags)
{
	struct statx x;
	int r = (int)ret_of(
		syscall(SYS_statx, dirfd, path, flags, STATX_BASIC_STATS, &x));

	if (r < 0)
		return r;
	memset(ret_st, 0, sizeof(*ret_st));
	ret_st->st_dev = device_of(x.stx_dev_major, x.stx_dev_minor);
	ret_st->st_rdev = device_of(x.stx_rdev_major, x.stx_rdev_minor);
	ret_st->st_ino = x.stx_ino;
	ret_st->st_mode = x.stx_mode;
	ret_st->st_nlink = x.stx_nlink;
	ret_st->st_uid = x.stx_uid;
	ret_st->st_gid = x.stx_gid;
	ret_st->st_size = (off_t)x.stx_size;
	ret_st->st_blocks = (blkcnt_t)x.stx_blocks;
	ret_st->st_atim = time_of(&x.stx_atime);
	ret_st->st_mtim = time_of(&x.stx_mtime);
	ret_st->st_ctim = time_of(&x.stx_ctime);
	return 0;
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
	RET((int)syscall(SYS_readlinkat, dirfd, path, buf, size));
}

int sys_fchmod(int fd, mode_t mode)
{
	RET((int)syscall(SYS_fchmod, fd, mode));
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

/* Where seconds once had 32 bits, the plain name is of that time. */
#ifndef SYS_utimensat_time64
#define SYS_utimensat_time64 SYS_utimensat
#endif

int sys_futimens(int fd, const struct timespec times[2])
{
	RET((int)syscall(SYS_utimensat_time64, fd, NULL, times, 0));
}

int sys_fsync(int fd)
{
	RET((int)syscall(SYS_fsync, fd));
}

int sys_fdatasync(int fd)
{
	RET((int)syscall(SYS_fdatasync, fd));
}

int sys_ftruncate(int fd, int64_t size)
{
	RET(ftruncate(fd, size));
}

int sys_fallocate(int fd, int mode, int64_t offset, int64_t size)
{
	RET(fallocate(fd, mode, offset, size));
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

int sys_syncfs(int fd)
{
	RET((int)syscall(SYS_syncfs, fd));
}

int sys_sync_file_range(int fd, int64_t offset, int64_t size, unsigned int flags)
{
	RET(sync_file_range(fd, offset, size, flags));
}

int sys_fchdir(int fd)
{
	RET((int)syscall(SYS_fchdir, fd));
}

int sys_chdir(const char *path)
{
	RET(chdir(path));
}
