/* SPDX-License-Identifier: Apache-2.0 */
/* Files and what stands for them, by descriptor. */
#include "base/sys.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h> /* renameat() */
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/sys/ret.h"

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
