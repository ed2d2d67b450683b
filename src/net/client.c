/* SPDX-License-Identifier: Apache-2.0 */
#include "net/client.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>

#include "base/fd.h"
#include "base/sys.h"

#define EXIT_NOT_STARTED 127

static int set_up(int output, pid_t parent)
{
	__fd int null = sys_openat(AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0);
	sigset_t none;
	int r = null;

	if (r >= 0)
		r = sys_dup3(null, 0, 0);
	if (r >= 0)
		r = sys_dup3(output, 1, 0);
	if (r >= 0)
		r = sys_dup3(null, 2, 0);
	sigemptyset(&none);
	if (r >= 0)
		r = sys_sigprocmask(SIG_SETMASK, &none);
	/* whoever looks after the interface next starts one of its own */
	if (r >= 0)
		r = sys_prctl(PR_SET_PDEATHSIG, SIGTERM);
	return r >= 0 && sys_getppid() != parent ? -ESRCH : r;
}

static _Noreturn void become(const struct link *link, const char *program, int output,
			     pid_t parent)
{
	char script[32], hostname[sizeof("hostname:") + NET_HOSTNAME_SIZE];
	/* three questions, 2 s apart, then 10 s of silence; what is asked for beside what
	 * always is */
	const char *args[] = { "udhcpc", "-f",	   "-i", link->name, "-s", script, "-t",
			       "3",	 "-T",	   "2",	 "-A",	     "10", "-O",   "mtu",
			       "-O",	 "search", "-x", hostname,   NULL };
	char *const env[] = { NULL };

	/* this program, wherever it lies: its file may be gone from its directory */
	(void)snprintf(script, sizeof(script), "/proc/%d/exe", (int)parent);
	(void)snprintf(hostname, sizeof(hostname), "hostname:%s", link->line->hostname);
	if (!link->line->hostname[0])
		args[16] = NULL;
	if (set_up(output, parent) >= 0)
		(void)sys_execve(program, (char *const *)(uintptr_t)args, env);
	sys_exit(EXIT_NOT_STARTED);
}

int client_start(struct link *link, const char *program, struct err *err)
{
	__fd int there = sys_openat(AT_FDCWD, program, O_PATH | O_CLOEXEC, 0);
	pid_t parent = sys_getpid(), pid;
	int ends[2], r;

	if (there < 0)
		return err_errno(err, there, "%s", program);
	/* in packets: one event each */
	r = sys_pipe2(ends, O_CLOEXEC | O_DIRECT | O_NONBLOCK);
	if (r < 0)
		return err_errno(err, r, "pipe");
	pid = sys_fork();
	if (pid == 0)
		become(link, program, ends[1], parent);
	fd_close(ends[1]);
	if (pid < 0) {
		fd_close(ends[0]);
		return err_errno(err, pid, "fork");
	}
	link->pid = pid;
	link->from = ends[0];
	link->heard = false;
	return 0;
}

void client_hurry(const struct link *link)
{
	if (link->pid > 0)
		(void)sys_kill(link->pid, SIGUSR1);
}

void client_stop(struct link *link)
{
	if (link->pid > 0)
		(void)sys_kill(link->pid, SIGTERM);
	fd_close(fd_take(&link->from));
}
