/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The system calls of the device rooms, and nothing else: each returns what the kernel returns,
 * 0 or more, or -errno. Only sys/ makes system calls, so that a test can link another one
 * (tests/fake/sys.c) and fail the n-th call. No wrapper retries or interprets.
 */
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

struct statfs;
struct pollfd;
struct msghdr;

/* files; paths are relative to dirfd, AT_FDCWD works */
int sys_openat(int dirfd, const char *path, int flags, mode_t mode);
int sys_openat2(int dirfd, const char *path, int flags, mode_t mode, uint64_t resolve);
int sys_close(int fd);
ssize_t sys_read(int fd, void *buf, size_t size);
ssize_t sys_write(int fd, const void *buf, size_t size);
ssize_t sys_pread(int fd, void *buf, size_t size, int64_t offset);
ssize_t sys_pwrite(int fd, const void *buf, size_t size, int64_t offset);
int64_t sys_lseek(int fd, int64_t offset, int whence);
int sys_fstat(int fd, struct stat *ret_st);
int sys_fstatat(int dirfd, const char *path, struct stat *ret_st, int flags);
int sys_fstatfs(int fd, struct statfs *ret_st);
int sys_mkdirat(int dirfd, const char *path, mode_t mode);
int sys_mknodat(int dirfd, const char *path, mode_t mode, dev_t dev);
int sys_symlinkat(const char *target, int dirfd, const char *path);
int sys_unlinkat(int dirfd, const char *path, int flags);
int sys_renameat(int olddirfd, const char *oldpath, int newdirfd, const char *newpath);
int sys_renameat2(int olddirfd, const char *oldpath, int newdirfd, const char *newpath,
		  unsigned int flags);
int sys_readlinkat(int dirfd, const char *path, char *buf, size_t size);
int sys_fchmod(int fd, mode_t mode);
int sys_fchownat(int dirfd, const char *path, uid_t uid, gid_t gid, int flags);
ssize_t sys_flistxattr(int fd, char *names, size_t size);
ssize_t sys_fgetxattr(int fd, const char *name, void *value, size_t size);
int sys_fsetxattr(int fd, const char *name, const void *value, size_t size);
int sys_futimens(int fd, const struct timespec times[2]);
int sys_fsync(int fd);
int sys_fdatasync(int fd);
int sys_syncfs(int fd);
int sys_ftruncate(int fd, int64_t size);
int sys_fallocate(int fd, int mode, int64_t offset, int64_t size);
int sys_getdents64(int fd, void *buf, size_t size);
int sys_dup3(int fd, int newfd, int flags);
int sys_pipe2(int fds[2], int flags);
int sys_flock(int fd, int operation);
int sys_fcntl(int fd, int command, int arg);
int sys_fadvise(int fd, int64_t offset, int64_t size, int advice);
int sys_sync_file_range(int fd, int64_t offset, int64_t size, unsigned int flags);
int sys_fchdir(int fd);
int sys_chdir(const char *path);

/* devices and mounts */
int sys_ioctl(int fd, unsigned long request, void *arg);
int sys_ioctl_number(int fd, unsigned long request, unsigned long arg);
int sys_mount(const char *source, const char *target, const char *type,
	      unsigned long flags, const void *data);
int sys_umount2(const char *target, int flags);
int sys_fsopen(const char *type, unsigned int flags);
int sys_fsconfig(int fd, unsigned int cmd, const char *key, const void *value, int aux);
int sys_fsmount(int fd, unsigned int flags, unsigned int attr_flags);
int sys_move_mount(int from_dirfd, const char *from, int to_dirfd, const char *to,
		   unsigned int flags);
int sys_chroot(const char *path);
int sys_pivot_root(const char *new_root, const char *put_old);
int sys_unshare(int flags);
int sys_setns(int fd, int flags);
int sys_sethostname(const char *name, size_t size);

/* sockets; @address and @ret_address are the protocol's */
int sys_socket(int domain, int type, int protocol);
int sys_bind(int fd, const void *address, size_t size);
ssize_t sys_recvfrom(int fd, void *buf, size_t size, int flags, void *ret_address,
		     size_t address_size);
int sys_listen(int fd, int backlog);
int sys_accept(int fd, int flags);
int sys_connect(int fd, const void *address, size_t size);
int sys_getsockopt(int fd, int level, int option, void *ret_value, size_t size);
ssize_t sys_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t sys_recvmsg(int fd, struct msghdr *message, int flags);

/* processes */
pid_t sys_fork(void);
int sys_traceme(void); /* the parent traces this process: it stops as it executes */
pid_t sys_clone(unsigned long flags); /* a fork with CLONE_NEW* @flags */
int sys_pidfd_open(pid_t pid);
int sys_execve(const char *path, char *const argv[], char *const envp[]);
pid_t sys_waitpid(pid_t pid, int *ret_status, int options);
int sys_kill(pid_t pid, int sig);
pid_t sys_getpid(void);
pid_t sys_getppid(void);
pid_t sys_setsid(void);
int sys_setgroups(size_t count, const gid_t *groups);
int sys_setresgid(gid_t gid);		   /* real, effective and saved at once */
int sys_setresuid(uid_t uid, uid_t saved); /* real and effective; saved */
int sys_umask(mode_t mask);
int sys_sigaction(int sig, const struct sigaction *action);
int sys_sigprocmask(int how, const sigset_t *set);
int sys_prctl(int option, unsigned long arg);
int sys_capset(uint64_t effective); /* permitted, too; inheritable and ambient: none */
int sys_seccomp(unsigned int operation, unsigned int flags, const void *args);
int sys_signalfd(const sigset_t *set, int flags);
int sys_setrlimit(int resource, uint64_t soft, uint64_t hard);
int sys_close_range(unsigned int first, unsigned int last, unsigned int flags);
int sys_madvise(void *at, size_t size, int advice);
_Noreturn void sys_exit(int status);

/* time and power */
int sys_clock_gettime(clockid_t clock, struct timespec *ret_time);
int sys_nanosleep(const struct timespec *time);
int sys_poll(struct pollfd *fds, unsigned int count, int timeout_ms);
int sys_sync(void);
int sys_reboot(int cmd);
int sys_reboot_to(const char *where); /* a word for the firmware */
