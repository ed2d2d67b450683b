/* SPDX-License-Identifier: Apache-2.0 */
#include "init/vault/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/sys.h"
#include "init/report.h"

#ifndef LIMIT_MS
#define LIMIT_MS 60000
#endif

/* A session of its own: its children are killed with it. */
static _Noreturn void execute(const char *path, int out)
{
	char *const argv[] = { (char *)(uintptr_t)path, NULL };
	static char *const env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };

	(void)sys_setsid();
	if (sys_dup3(out, 1, 0) >= 0)
		(void)sys_execve(path, argv, env);
	sys_exit(127);
}

/* How many milliseconds it still has. */
static int left_ms(uint64_t end_us)
{
	uint64_t now_us = clock_now_us();

	return now_us < end_us ? (int)((end_us - now_us) / 1000) : 0;
}

/* All that it says, up to the end of its last child. */
static int read_all(int fd, uint64_t end_us, struct secret *secret)
{
	struct pollfd poll = { .fd = fd, .events = POLLIN };

	while (secret->size < sizeof(secret->bytes)) {
		int ready = sys_poll(&poll, 1, left_ms(end_us));
		ssize_t n;

		if (ready == -EINTR)
			continue;
		if (ready <= 0)
			return ready < 0 ? ready : -ETIMEDOUT;
		n = sys_read(fd, secret->bytes + secret->size,
			     sizeof(secret->bytes) - secret->size);
		if (n <= 0)
			return (int)n;
		secret->size += (size_t)n;
	}
	return 0;
}

/* One that has said all may go on; then it is not waited for either. */
static int wait_for(pid_t pid, uint64_t end_us, int *ret_status)
{
	__fd int process = sys_pidfd_open(pid);
	struct pollfd poll = { .fd = process, .events = POLLIN };
	int r = process < 0 ? process : sys_poll(&poll, 1, left_ms(end_us));

	return r == 0  ? -ETIMEDOUT
	       : r < 0 ? r
		       : (int)(sys_waitpid(pid, ret_status, 0) == pid ? 0 : -ECHILD);
}

static int judge(const char *path, int status, const struct secret *secret,
		 struct err *err)
{
	char end[REPORT_END_SIZE];

	if (status) {
		report_end_words(status, end);
		return err_set(err, -EREMOTEIO, "%s %s", path, end);
	}
	if (secret->size < SECRET_LEAST || secret->size > SECRET_MOST)
		return err_set(err, -EINVAL, "%s: its secret has %s than %d bytes", path,
			       secret->size < SECRET_LEAST ? "less" : "more",
			       secret->size < SECRET_LEAST ? SECRET_LEAST : SECRET_MOST);
	return 0;
}

int secret_get(const char *path, struct secret *ret_secret, struct err *err)
{
	uint64_t end_us = clock_now_us() + (uint64_t)LIMIT_MS * 1000;
	int fds[2], status = 0, r = sys_pipe2(fds, O_CLOEXEC);
	pid_t pid;

	ret_secret->size = 0;
	if (r < 0)
		return err_errno(err, r, "pipe");
	pid = sys_fork();
	if (pid == 0)
		execute(path, fds[1]);
	fd_close(fds[1]);
	r = pid < 0 ? pid : read_all(fds[0], end_us, ret_secret);
	fd_close(fds[0]);
	if (r == 0)
		r = wait_for(pid, end_us, &status);
	if (r < 0 && pid > 0)
		(void)sys_kill(-pid, SIGKILL);
	r = r < 0 ? err_errno(err, r, "%s", path) : judge(path, status, ret_secret, err);
	if (r < 0)
		secret_wipe(ret_secret);
	return r;
}
