/* SPDX-License-Identifier: Apache-2.0 */
/* The calls on processes, time and power. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"
#include "fake/calls.h"
#include "fake/kernel.h"

/* --- ways to end a run
 * ---------------------------------------------------------------------- */

static jmp_buf run_end;
static bool running;
static int run_value;
static char executed[512];

static _Noreturn void end(enum fake_end how, int value)
{
	if (!running)
		fake_bug("%s outside of fake_run()", call_now());
	run_value = value;
	longjmp(run_end, (int)how + 1);
}

enum fake_end fake_run(int (*run)(struct err *err), struct err *err, int *ret_value)
{
	int how;

	running = true;
	executed[0] = '\0';
	how = setjmp(run_end);
	if (how == 0)
		run_value = run(err);
	running = false;
	*ret_value = run_value;
	return how ? (enum fake_end)(how - 1) : FAKE_RETURNED;
}

const char *fake_executed(void)
{
	return executed;
}

/* --- sockets: no network; and by path, nobody at their other ends
 * ---------------------------------------------------------------------- */

int sys_socket(int domain, int type, int protocol)
{
	int fd;

	ENTER("socket %d %d %d", domain, type & 0xf, protocol);
	if (domain != AF_UNIX)
		return -EAFNOSUPPORT;
	fd = fd_new((struct place){ NULL, NULL }, O_CLOEXEC, call_now());
	kernel->fds[fd].kind = FD_SOCKET;
	return fd;
}

int sys_bind(int fd, const void *address, size_t size)
{
	(void)address;
	(void)size;
	ENTER("bind");
	return fd_get(fd) ? 0 : -EBADF;
}

int sys_listen(int fd, int backlog)
{
	ENTER("listen %d", backlog);
	return fd_get(fd) ? 0 : -EBADF;
}

int sys_accept(int fd, int flags)
{
	(void)flags;
	ENTER("accept");
	return fd_get(fd) ? -EAGAIN : -EBADF;
}

int sys_connect(int fd, const void *address, size_t size)
{
	(void)address;
	(void)size;
	ENTER("connect");
	return fd_get(fd) ? -ECONNREFUSED : -EBADF;
}

int sys_getsockopt(int fd, int level, int option, void *ret_value, size_t size)
{
	ENTER("getsockopt %d %d", level, option);
	memset(ret_value, 0, size);
	return fd_get(fd) ? 0 : -EBADF;
}

ssize_t sys_sendmsg(int fd, const struct msghdr *message, int flags)
{
	(void)message;
	(void)flags;
	ENTER("sendmsg");
	return fd_get(fd) ? -EPIPE : -EBADF;
}

ssize_t sys_recvmsg(int fd, struct msghdr *message, int flags)
{
	(void)message;
	(void)flags;
	ENTER("recvmsg");
	return fd_get(fd) ? -EAGAIN : -EBADF;
}

/* This one's memory is its own: nothing is given back. */
int sys_madvise(void *at, size_t size, int advice)
{
	(void)at;
	ENTER("madvise %zu %d", size, advice);
	return 0;
}

int sys_execve(const char *path, char *const argv[], char *const envp[])
{
	struct place at;
	size_t used;
	int r;

	(void)envp;
	ENTER("execve %s", path);
	r = walk_existing(AT_FDCWD, path, 0, &at);
	if (r < 0)
		return r;
	if (!S_ISREG(at.node->mode) || !(at.node->mode & 0111))
		return -EACCES;
	if (kernel->traced && fake_config.execve_r)
		return -fake_config.execve_r;
	if (kernel->real_child)
		_exit(fake_config.execve_signal ? fake_config.execve_signal : SIGTRAP);
	used = (size_t)snprintf(executed, sizeof(executed), "%s", path);
	for (size_t i = 1; argv[0] && argv[i] && used < sizeof(executed); i++)
		used += (size_t)snprintf(executed + used, sizeof(executed) - used, " %s",
					 argv[i]);
	for (int fd = 0; fd < MAX_FDS; fd++) {
		if (kernel->fds[fd].kind != FD_FREE && kernel->fds[fd].cloexec)
			(void)sys_close(fd);
	}
	end(FAKE_EXECED, 0);
}

void sys_exit(int status)
{
	if (kernel->real_child)
		_exit(status);
	for (int fd = 3; fd < MAX_FDS; fd++) {
		if (kernel->fds[fd].kind != FD_FREE)
			(void)sys_close(fd);
	}
	end(FAKE_EXITED, status);
}

int sys_reboot(int cmd)
{
	ENTER("reboot %#x", (unsigned int)cmd);
	if (cmd == RB_DISABLE_CAD)
		return 0;
	end(FAKE_REBOOTED, cmd);
}

int sys_reboot_to(const char *where)
{
	ENTER("reboot to %s", where);
	end(FAKE_REBOOTED, RB_AUTOBOOT);
}

/* --- processes: one at a time, whichever the test wants to see
 * ------------------------------------------------------------ */

/* With a pipe open the child is a real one: what it says into that is wanted. Its faults are
 * its own; fail those of @as_rehearsed. */
static bool has_pipe(void)
{
	for (int fd = 0; fd < MAX_FDS; fd++) {
		if (kernel->fds[fd].kind == FD_PIPE)
			return true;
	}
	return false;
}

static pid_t fork_for_real(void)
{
	pid_t pid = fork();

	if (pid < 0)
		fake_bug("no fork");
	kernel->traced_pid = pid;
	if (pid == 0)
		fake_fail(0, 0);
	kernel->real_child = pid == 0;
	return pid;
}

int sys_traceme(void)
{
	ENTER("ptrace");
	if (fake_config.no_trace)
		return -fake_config.no_trace;
	kernel->traced = true;
	return 0;
}

#define FIRST_CHILD 100

static pid_t fork_now(void)
{
	bool child = fake_config.forks & 1;

	fake_config.forks >>= 1;
	return child ? 0 : FIRST_CHILD + kernel->forked++;
}

/* What the child says is in the pipe before it ends. */
static pid_t fork_that_says(void)
{
	const char *text = fake_config.child_says;

	for (int fd = 0; fd < MAX_FDS; fd++) {
		if (kernel->fds[fd].kind == FD_PIPE &&
		    (kernel->fds[fd].flags & O_ACCMODE) == O_WRONLY &&
		    write(kernel->fds[fd].real, text, strlen(text)) < 0)
			fake_bug("no room in a pipe");
	}
	return fork_now();
}

pid_t sys_fork(void)
{
	ENTER("fork");
	if (has_pipe() && fake_config.child_says)
		return fork_that_says();
	if (has_pipe())
		return fake_config.as_rehearsed ? 0 : fork_for_real();
	return fork_now();
}

/* No namespace is made: a test that goes on as the child sees what it did to the one. */
pid_t sys_clone(unsigned long flags)
{
	ENTER("clone %#lx", flags);
	return fork_now();
}

pid_t fake_child(int n)
{
	return n <= kernel->forked ? FIRST_CHILD + n - 1 : 0;
}

void fake_die(pid_t pid, int status)
{
	if (kernel->dead_count == sizeof(kernel->dead) / sizeof(kernel->dead[0]))
		fake_bug("too many have died");
	kernel->dead[kernel->dead_count].pid = pid;
	kernel->dead[kernel->dead_count++].status = status;
	fake_signal(SIGCHLD);
}

void fake_signal(int sig)
{
	kernel->pending |= 1ULL << sig;
}

int sys_pidfd_open(pid_t pid)
{
	int fd;

	ENTER("pidfd_open %d", (int)pid);
	fd = fd_new((struct place){ NULL, NULL }, O_CLOEXEC, call_now());
	kernel->fds[fd].kind = FD_PROCESS;
	return fd;
}

int sys_setns(int fd, int flags)
{
	ENTER("setns %d %#x", fd, (unsigned int)flags);
	return 0;
}

int sys_signalfd(const sigset_t *set, int flags)
{
	int fd;

	(void)set;
	(void)flags;
	ENTER("signalfd");
	fd = fd_new((struct place){ NULL, NULL }, O_CLOEXEC, call_now());
	kernel->fds[fd].kind = FD_SIGNALS;
	return fd;
}

int sys_setrlimit(int resource, uint64_t soft, uint64_t hard)
{
	ENTER("setrlimit %d %llu %llu", resource, (unsigned long long)soft,
	      (unsigned long long)hard);
	return 0;
}

int sys_close_range(unsigned int first, unsigned int last, unsigned int flags)
{
	ENTER("close_range %u %u %#x", first, last, flags);
	return 0;
}

/* A child that ended as a traced one is told to stop, and to have been killed after that. */
static pid_t wait_for_real(pid_t pid, int *ret_status)
{
	int status;

	if (kernel->traced) { /* here it stands for the parent's: that has seen it stopped */
		kernel->traced = false;
		kernel->traced_pid = 0;
		*ret_status = SIGKILL;
		return pid;
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		fake_bug("the child crashed");
	kernel->traced = WEXITSTATUS(status) != 0;
	if (!kernel->traced)
		kernel->traced_pid = 0;
	*ret_status = kernel->traced ? WEXITSTATUS(status) << 8 | 0x7f : 0;
	return pid;
}

pid_t sys_waitpid(pid_t pid, int *ret_status, int options)
{
	ENTER("waitpid %d", (int)pid);
	if (pid == kernel->traced_pid)
		return wait_for_real(pid, ret_status);
	if (pid == -1 && kernel->dead_count > 0) {
		kernel->dead_count--;
		*ret_status = kernel->dead[kernel->dead_count].status;
		return kernel->dead[kernel->dead_count].pid;
	}
	if (pid == -1 && options & WNOHANG)
		return 0;
	if (pid > 0 && options & WNOHANG && fake_config.child_hangs)
		return 0;
	if (ret_status)
		*ret_status = fake_config.child_status;
	return pid > 0 ? pid : -ECHILD;
}

int sys_kill(pid_t pid, int sig)
{
	ENTER("kill %d %d", (int)pid, sig);
	return 0;
}

pid_t sys_getpid(void)
{
	return 1;
}

pid_t sys_getppid(void)
{
	return 1;
}

pid_t sys_setsid(void)
{
	ENTER("setsid");
	return 1;
}

int sys_setgroups(size_t count, const gid_t *groups)
{
	(void)groups;
	ENTER("setgroups %zu", count);
	return 0;
}

int sys_setresgid(gid_t gid)
{
	ENTER("setresgid %u", gid);
	return 0;
}

int sys_setresuid(uid_t uid, uid_t saved)
{
	ENTER("setresuid %u %u", uid, saved);
	return 0;
}

int sys_umask(mode_t mask)
{
	(void)mask;
	return 022;
}

int sys_sigaction(int sig, const struct sigaction *action)
{
	ENTER("sigaction %d", sig);
	if (sig == SIGTERM)
		kernel->sigterm = action->sa_handler;
	return 0;
}

int sys_sigprocmask(int how, const sigset_t *set)
{
	(void)set;
	ENTER("sigprocmask %d", how);
	return 0;
}

void fake_terminate(void)
{
	if (!kernel->sigterm)
		fake_bug("SIGTERM has no handler");
	kernel->sigterm(SIGTERM);
}

int sys_prctl(int option, unsigned long arg)
{
	ENTER("prctl %d %lu", option, arg);
	return option == PR_CAPBSET_DROP && arg > CAP_LAST_CAP ? -EINVAL : 0;
}

int sys_capset(uint64_t effective)
{
	ENTER("capset %#llx", (unsigned long long)effective);
	return 0;
}

int sys_seccomp(unsigned int operation, unsigned int flags, const void *args)
{
	ENTER("seccomp %u %u", operation, flags);
	if (fake_config.no_filters)
		return -EINVAL;
	return args ? 0 : -EFAULT;
}

int sys_sethostname(const char *name, size_t size)
{
	ENTER("sethostname %.*s", (int)size, name);
	return 0;
}

/* --- time: goes on by a microsecond a call, and by sleeping
 * ----------------------------------- */

int sys_clock_gettime(clockid_t clock, struct timespec *ret_time)
{
	(void)clock;
	ret_time->tv_sec = (time_t)(kernel->now_ns / 1000000000);
	ret_time->tv_nsec = (long)(kernel->now_ns % 1000000000);
	return 0;
}

int sys_nanosleep(const struct timespec *time)
{
	kernel->now_ns += (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_nsec;
	if (dog_resets())
		end(FAKE_REBOOTED, 0);
	if (fake_config.on_sleep)
		fake_config.on_sleep();
	return 0;
}

int sys_poll(struct pollfd *fds, unsigned int count, int timeout_ms)
{
	int ready = 0;

	ENTER("poll %u %d", count, timeout_ms);
	if (fake_config.on_poll)
		fake_config.on_poll();
	for (unsigned int i = 0; i < count; i++) {
		const struct fd *fd = fd_get(fds[i].fd);

		fds[i].revents = 0;
		if (fd && ((fd->kind == FD_SIGNALS && kernel->pending) ||
			   (fake_config.child_says && !fake_config.child_hangs &&
			    (fd->kind == FD_PIPE || fd->kind == FD_PROCESS))))
			fds[i].revents = POLLIN;
		ready += fds[i].revents != 0;
	}
	if (ready)
		return ready;
	if (timeout_ms < 0)
		fake_bug("poll for ever, and nothing is to come");
	kernel->now_ns += (uint64_t)timeout_ms * 1000000;
	if (dog_resets())
		end(FAKE_REBOOTED, 0);
	return 0;
}

int sys_sync(void)
{
	return 0;
}

uint64_t fake_now_ms(void)
{
	return kernel->now_ns / 1000000;
}

ssize_t sys_recvfrom(int fd, void *buf, size_t size, int flags, void *ret_address,
		     size_t address_size)
{
	(void)buf;
	(void)ret_address;
	(void)address_size;
	ENTER("recvfrom %d %zu %d", fd, size, flags);
	return -EAFNOSUPPORT;
}
