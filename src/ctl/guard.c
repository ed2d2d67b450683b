/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/fd.h"
#include "base/sys.h"

struct result {
	int r;
	uint64_t counts[GUARD_COUNTS];
	struct err err;
};

static volatile pid_t worker;

static void pass_on(int sig)
{
	if (worker > 0)
		(void)sys_kill(worker, sig);
}

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

/* The terminal tells both of a Ctrl-C; a second one from here does no harm. */
static void catch_signals(void (*handler)(int sig))
{
	struct sigaction action = { .sa_handler = handler };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)sys_sigaction(signals[i], &action);
}

/* One that came while there is no worker yet, or while that still has the handlers of this
 * process, would be lost: it waits. */
static void hold_signals(int how)
{
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)sigaddset(&set, signals[i]);
	(void)sys_sigprocmask(how, &set);
}

/* Whatever kills @parent kills this one too: nobody would put right what it leaves. */
static void follow(pid_t parent)
{
	(void)sys_prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (sys_getppid() != parent) /* it was quicker */
		sys_exit(1);
}

static _Noreturn void
run_worker(int out,
	   int (*work)(void *context, uint64_t ret_counts[GUARD_COUNTS], struct err *err),
	   void *context)
{
	struct result result = { .r = 0 };

	catch_signals(SIG_DFL);
	hold_signals(SIG_UNBLOCK);
	result.r = work(context, result.counts, &result.err);
	(void)fd_write_all(out, &result, sizeof(result));
	sys_exit(0);
}

static int wait_for(int in, struct result *result, struct err *err)
{
	ssize_t size = fd_read_file(in, result, sizeof(*result));
	int status;

	while (sys_waitpid(worker, &status, 0) == -EINTR)
		;
	worker = 0;
	if (size != sizeof(*result))
		return err_set(err, -EINTR, "interrupted");
	if (err && result->r < 0)
		*err = result->err;
	return result->r;
}

int guard_run(int (*work)(void *context, uint64_t ret_counts[GUARD_COUNTS],
			  struct err *err),
	      void *context, uint64_t ret_counts[GUARD_COUNTS], struct err *err)
{
	struct result result = { .r = 0 };
	int fds[2], r = sys_pipe2(fds, O_CLOEXEC);
	pid_t parent = sys_getpid();

	if (r < 0)
		return err_errno(err, r, "pipe");
	hold_signals(SIG_BLOCK);
	catch_signals(pass_on);
	worker = sys_fork();
	if (worker == 0) {
		follow(parent);
		run_worker(fds[1], work, context);
	}
	hold_signals(SIG_UNBLOCK);
	fd_close(fds[1]);
	r = worker < 0 ? err_errno(err, worker, "fork") : wait_for(fds[0], &result, err);
	fd_close(fds[0]);
	if (r == 0)
		memcpy(ret_counts, result.counts, sizeof(result.counts));
	return r;
}
