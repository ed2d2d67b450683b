/* SPDX-License-Identifier: Apache-2.0 */
/* A program knows the loader: `PATH get-default`, `PATH set-default a|b`, `PATH once
 * a|b|none`. It has a time limit, and its status is the answer. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/sys.h"
#include "loader/loader.h"

#ifndef LIMIT_MS
#define LIMIT_MS 30000
#endif

static _Noreturn void execute(const struct loader *loader, int out, const char *verb,
			      const char *word)
{
	char *const argv[] = { (char *)loader->path, (char *)verb, (char *)word, NULL };
	static char *const env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };

	(void)sys_setsid();
	if (sys_dup3(out, 1, 0) >= 0)
		(void)sys_execve(loader->path, argv, env);
	sys_exit(127);
}

/* Its own children are killed with it, unless they left its session. */
static int wait_for(pid_t pid, int *ret_status)
{
	__fd int process = sys_pidfd_open(pid);
	struct pollfd poll = { .fd = process, .events = POLLIN };
	int r = process < 0 ? process : sys_poll(&poll, 1, LIMIT_MS);
	pid_t ended;

	if (r <= 0)
		(void)sys_kill(-pid, SIGKILL);
	do
		ended = sys_waitpid(pid, ret_status, 0);
	while (ended == -EINTR);
	return r == 0 ? -ETIMEDOUT : r < 0 ? r : ended < 0 ? ended : 0;
}

/* What it says, which is a word or two, waits in the pipe for its end. */
static int run(const struct loader *loader, const char *verb, const char *word,
	       char ret_text[8], struct err *err)
{
	int fds[2], status = 0, r = sys_pipe2(fds, O_CLOEXEC | O_NONBLOCK);
	pid_t pid;
	ssize_t n = 0;

	if (r < 0)
		return err_errno(err, r, "pipe");
	pid = sys_fork();
	if (pid == 0)
		execute(loader, fds[1], verb, word);
	fd_close(fds[1]);
	r = pid < 0 ? pid : wait_for(pid, &status);
	if (r == 0)
		n = sys_read(fds[0], ret_text, 7);
	/* what it left behind may hold the other end, and has said nothing */
	if (n < 0 && n != -EAGAIN)
		r = (int)n;
	fd_close(fds[0]);
	ret_text[n > 0 ? n : 0] = '\0';
	if (r == 0 && status)
		return err_set(err, -EREMOTEIO, "%s %s: ended with status %d",
			       loader->path, verb,
			       WIFEXITED(status) ? WEXITSTATUS(status)
						 : 128 + WTERMSIG(status));
	return r < 0 ? err_errno(err, r, "%s %s", loader->path, verb) : 0;
}

/* What is to be started once nobody asks: the loader may have forgotten it. */
static int helper_read(const struct loader *loader, struct loader_words *ret_words,
		       struct err *err)
{
	char text[8];
	int r = run(loader, "get-default", NULL, text, err);

	if (r < 0)
		return r;
	*ret_words = (struct loader_words){ .usual = BOOT_SLOT_NONE };
	text[strcspn(text, "\n")] = '\0';
	for (enum boot_slot slot = BOOT_SLOT_A; slot <= BOOT_SLOT_B; slot++)
		if (strcmp(text, boot_slot_name(slot)) == 0)
			ret_words->usual = slot;
	return 0;
}

static int helper_write(const struct loader *loader, const struct loader_words *words,
			struct err *err)
{
	struct loader_words before;
	char text[8];
	int r = helper_read(loader, &before, err);

	if (r == 0 && words->usual && before.usual != words->usual)
		r = run(loader, "set-default", boot_slot_name(words->usual), text, err);
	return r < 0 ? r : run(loader, "once", boot_slot_name(words->once), text, err);
}

const struct loader_ops loader_helper = {
	.name = "helper",
	.read = helper_read,
	.write = helper_write,
};
