/* SPDX-License-Identifier: Apache-2.0 */
/* The calls on processes, time and power, and the rest of those on files. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

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
	end(FAKE_EXITED, status);
}

int sys_reboot(int cmd)
{
	ENTER("reboot %#x", (unsigned int)cmd);
	end(FAKE_REBOOTED, cmd);
}

/* --- processes: there are no others
 * --------------------------------------------------------- */

pid_t sys_fork(void)
{
	ENTER("fork");
	return 100;
}

pid_t sys_waitpid(pid_t pid, int *ret_status, int options)
{
	(void)options;
	ENTER("waitpid %d", (int)pid);
	if (ret_status)
		*ret_status = 0;
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
	(void)action;
	ENTER("sigaction %d", sig);
	return 0;
}

int sys_prctl(int option, unsigned long arg)
{
	(void)arg;
	ENTER("prctl %d", option);
	return 0;
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

int sys_clock_settime(clockid_t clock, const struct timespec *time)
{
	(void)clock;
	(void)time;
	ENTER("clock_settime");
	return 0;
}

int sys_nanosleep(const struct timespec *time)
{
	kernel->now_ns += (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_nsec;
	if (fake_config.on_sleep)
		fake_config.on_sleep();
	return 0;
}

int sys_poll(struct pollfd *fds, unsigned int count, int timeout_ms)
{
	(void)fds;
	ENTER("poll %u %d", count, timeout_ms);
	kernel->now_ns += (uint64_t)(timeout_ms > 0 ? timeout_ms : 0) * 1000000;
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

/* --- more on files
 * -------------------------------------------------------------------------- */

int sys_renameat(int olddirfd, const char *oldpath, int newdirfd, const char *newpath)
{
	struct walk from, to;
	struct node **at;
	int r;

	ENTER("renameat %s to %s", oldpath, newpath);
	r = walk_at(olddirfd, oldpath, WALK_NOFOLLOW, 0, &from);
	if (r == 0)
		r = walk_at(newdirfd, newpath, WALK_NOFOLLOW, 0, &to);
	if (r < 0 || !from.at.node)
		return r < 0 ? r : -ENOENT;
	if (from.at.mount != to.parent.mount)
		return -EXDEV;
	if (to.at.node)
		node_unlink(to.at.node);
	node_unlink(from.at.node);
	from.at.node->gone = false;
	from.at.node->next = NULL;
	from.at.node->parent = to.parent.node;
	(void)snprintf(from.at.node->name, sizeof(from.at.node->name), "%s", to.last);
	for (at = &to.parent.node->child; *at; at = &(*at)->next)
		;
	*at = from.at.node;
	return 0;
}

/* Where a place is, as the kernel spells it in /proc/self/fd: from the end of @buf
 * backwards. */
static const char *fd_path(struct place at, char *buf, size_t size)
{
	char *text = buf + size - 1;

	*text = '\0';
	while (at.mount != kernel->root.mount || at.node != kernel->root.node) {
		size_t length;

		if (at.node == at.mount->root) {
			if (!at.mount->parent)
				break;
			at = (struct place){ at.mount->parent, at.mount->point };
			continue;
		}
		length = strlen(at.node->name);
		if ((size_t)(text - buf) < length + 1)
			fake_bug("path too long: %s", text);
		text -= length;
		memcpy(text, at.node->name, length);
		*--text = '/';
		at.node = at.node->parent;
	}
	return *text ? text : "/";
}

int sys_readlinkat(int dirfd, const char *path, char *buf, size_t size)
{
	char whole[4096];
	const char *target;
	struct place at;
	int r;

	ENTER("readlinkat %s", path);
	r = walk_existing(dirfd, path, WALK_NOFOLLOW, &at);
	if (r < 0)
		return r;
	if (strncmp(path, "/proc/self/fd/", 14) == 0)
		target = fd_path(at, whole, sizeof(whole));
	else if (S_ISLNK(at.node->mode))
		target = at.node->data;
	else
		return -EINVAL;
	if (size > strlen(target))
		size = strlen(target);
	memcpy(buf, target, size);
	return (int)size;
}

static int with_file(int number, struct node **ret_node)
{
	struct fd *fd = fd_get(number);

	if (!fd || fd->kind != FD_FILE || fd->flags & O_PATH)
		return -EBADF;
	*ret_node = fd->place.node;
	return 0;
}

int sys_fchmod(int fd, mode_t mode)
{
	struct node *node;
	int r;

	ENTER("fchmod %o", mode);
	r = with_file(fd, &node);
	if (r == 0)
		node->mode = (node->mode & S_IFMT) | mode;
	return r;
}

int sys_fchownat(int dirfd, const char *path, uid_t uid, gid_t gid, int flags)
{
	struct place at;
	int r;

	ENTER("fchownat %s", path);
	r = walk_existing(dirfd, path, flags & AT_SYMLINK_NOFOLLOW ? WALK_NOFOLLOW : 0,
			  &at);
	if (r == 0) {
		at.node->uid = uid;
		at.node->gid = gid;
	}
	return r;
}

int sys_ftruncate(int fd, int64_t size)
{
	struct node *node;
	int r;

	ENTER("ftruncate %lld", (long long)size);
	r = with_file(fd, &node);
	if (r == 0 && (size_t)size < node->size)
		node->size = (size_t)size;
	return r;
}

int sys_fsync(int fd)
{
	struct node *node;

	ENTER("fsync");
	return with_file(fd, &node);
}

int sys_fdatasync(int fd)
{
	struct node *node;

	ENTER("fdatasync");
	return with_file(fd, &node);
}

int sys_flock(int fd, int operation)
{
	struct node *node;

	ENTER("flock %d", operation);
	return with_file(fd, &node);
}

int sys_dup3(int fd, int newfd, int flags)
{
	struct fd *from = fd_get(fd);
	struct fd copy;

	ENTER("dup3 %d to %d", fd, newfd);
	if (!from || newfd < 0 || newfd >= MAX_FDS || from->kind != FD_FILE)
		return -EBADF;
	copy = *from;
	copy.cloexec = flags & O_CLOEXEC;
	if (fd_get(newfd))
		(void)sys_close(newfd);
	mount_get(copy.place.mount);
	if (copy.place.node->device)
		(void)dev_open(copy.place.node);
	kernel->fds[newfd] = copy;
	return newfd;
}

int sys_pipe2(int fds[2], int flags)
{
	struct place nowhere = { NULL, NULL };

	ENTER("pipe2");
	for (int i = 0; i < 2; i++) {
		fds[i] = fd_new(nowhere, flags, call_now());
		kernel->fds[fds[i]].kind = FD_PIPE;
	}
	return 0;
}
