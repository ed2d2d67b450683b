/* SPDX-License-Identifier: Apache-2.0 */
#include "container/reaper.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "base/loop.h"
#include "base/sys.h"
#include "container/confine.h"

/* All that have ended: the signals of several deaths may have become one. */
static void reap(pid_t child)
{
	int status = 0;
	pid_t pid;

	while ((pid = sys_waitpid(-1, &status, WNOHANG)) > 0) {
		/* as shells say it; the kernel ends who is left */
		if (pid == child)
			sys_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status)
						     : WEXITSTATUS(status));
	}
}

/* With the program's own rights, and nothing of init's open or to be looked at. */
static _Noreturn void reap_for_ever(const struct process *process, pid_t child, int fd)
{
	int signal;

	for (int below = 3; below < fd; below++)
		(void)sys_close(below);
	(void)sys_close_range((unsigned int)fd + 1, ~0U, 0);
	if (confine_apply(process->manifest, process->identity, false, NULL) < 0)
		sys_exit(126);
	(void)sys_prctl(PR_SET_DUMPABLE, 0);
	for (;;) {
		signal = loop_next_signal(fd);
		if (signal == SIGCHLD)
			reap(child);
		else if (signal > 0)
			(void)sys_kill(child, signal);
	}
}

int reaper_become(const struct process *process, struct err *err)
{
	sigset_t all;
	int fd, r;
	pid_t pid;

	sigfillset(&all);
	fd = sys_signalfd(&all, SFD_CLOEXEC);
	r = fd < 0 ? fd : sys_sigprocmask(SIG_BLOCK, &all);
	if (r < 0)
		return err_errno(err, r, "waiting for signals");
	pid = sys_fork();
	if (pid == 0)
		return process_become(process, err);
	if (pid < 0)
		return err_errno(err, pid, "fork");
	reap_for_ever(process, pid, fd);
}
