/* SPDX-License-Identifier: Apache-2.0 */
/* Processes: this one, its memory and its children. */
#include "base/sys.h"

#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys/ret.h"

#define SIGNALS 64 /* that the kernel has */

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
	RET((pid_t)syscall(SYS_wait4, pid, ret_status, options, NULL));
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

struct action { /* as the kernel has it */
	void (*handler)(int sig);
	unsigned long flags;
#ifndef __riscv
	void (*restorer)(void);
#endif
	unsigned long mask[8 / sizeof(long)];
};

/* Where a handler returns to. Elsewhere the kernel has a place for that by itself. */
#ifdef __x86_64__
#define OWN_RESTORER 0x04000000 /* SA_RESTORER */
__attribute__((naked)) static void restore(void)
{
	__asm__("mov %0, %%eax\n\tsyscall" : : "i"(SYS_rt_sigreturn));
}
#endif

/* By number: libc's keeps abort() and its threads apart, in 900 bytes. */
int sys_sigaction(int sig, const struct sigaction *action)
{
	struct action kernels = { .handler = action->sa_handler,
				  .flags = (unsigned int)action->sa_flags };

	memcpy(kernels.mask, &action->sa_mask, sizeof(kernels.mask));
#ifdef OWN_RESTORER
	kernels.flags |= OWN_RESTORER;
	kernels.restorer = restore;
#endif
	RET((int)syscall(SYS_rt_sigaction, sig, &kernels, NULL, sizeof(kernels.mask)));
}

int sys_sigprocmask(int how, const sigset_t *set)
{
	RET(sigprocmask(how, set, NULL));
}

int sys_prctl(int option, unsigned long arg)
{
	RET((int)syscall(SYS_prctl, option, arg, 0UL, 0UL, 0UL));
}

/* By number: only libcap has it. */
int sys_capset(uint64_t effective)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	const uint32_t low = (uint32_t)effective, high = (uint32_t)(effective >> 32);
	const struct __user_cap_data_struct data[] = { { low, low, 0 },
						       { high, high, 0 } };

	RET((int)syscall(SYS_capset, &head, data));
}

int sys_seccomp(unsigned int operation, unsigned int flags, const void *args)
{
	RET((int)syscall(SYS_seccomp, operation, flags, args));
}

int sys_signalfd(const sigset_t *set, int flags)
{
	RET((int)syscall(SYS_signalfd4, -1, set, SIGNALS / 8, flags));
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

int sys_madvise(void *at, size_t size, int advice)
{
	RET(madvise(at, size, advice));
}

void sys_exit(int status)
{
	_exit(status);
}
