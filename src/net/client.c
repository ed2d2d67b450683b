/* SPDX-License-Identifier: Apache-2.0 */
#include "net/client.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>

#include "base/fd.h"
#include "base/sys.h"

#define EXIT_NOT_STARTED 127

/* This program, wherever it lies: its file may be gone from its directory. As an open file,
 * since the client has not the rights to look at its parent. */
#define SELF 64 /* neither the service nor the client has so many */
#define SCRIPT "/proc/self/fd/64"

/* It reads strangers' packets, and what root may do beside that is not for it. */
static int give_up_rights(void)
{
	const uint64_t kept = UINT64_C(1) << CAP_NET_BIND_SERVICE |
			      UINT64_C(1) << CAP_NET_ADMIN | UINT64_C(1) << CAP_NET_RAW;

	/* the kernel says when there are no more */
	for (unsigned int i = 0; i < 64; i++) {
		int r = kept & UINT64_C(1) << i ? 0 : sys_prctl(PR_CAPBSET_DROP, i);

		if (r < 0 && r != -EINVAL)
			return r;
	}
	return sys_prctl(PR_SET_NO_NEW_PRIVS, 1);
}

static int set_up(int output, pid_t parent)
{
	__fd int null = sys_openat(AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0);
	__fd int self = sys_openat(AT_FDCWD, "/proc/self/exe", O_PATH | O_CLOEXEC, 0);
	sigset_t none;
	int r = self < 0 ? self : null;

	if (r >= 0)
		r = sys_dup3(null, 0, 0);
	if (r >= 0)
		r = sys_dup3(output, 1, 0);
	if (r >= 0)
		r = sys_dup3(null, 2, 0);
	if (r >= 0)
		r = sys_fcntl(self, F_DUPFD, SELF);
	sigemptyset(&none);
	if (r >= 0)
		r = sys_sigprocmask(SIG_SETMASK, &none);
	/* whoever looks after the interface next starts one of its own */
	if (r >= 0)
		r = sys_prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (r >= 0)
		r = give_up_rights();
	return r >= 0 && sys_getppid() != parent ? -ESRCH : r;
}

#define COMMON 16 /* words that every client is called with */

static _Noreturn void become(const struct link *link, const char *program, int output,
			     pid_t parent)
{
	char hostname[sizeof("hostname:") + NET_HOSTNAME_SIZE];
	char address[NET_ADDRESS_TEXT_SIZE];
	/* three questions, 2 s apart, then 10 s of silence; what is asked for beside what
	 * always is */
	const char *args[COMMON + 5] = { "udhcpc", "-f",  "-i", link->name, "-s", SCRIPT,
					 "-t",	   "3",	  "-T", "2",	    "-A", "10",
					 "-O",	   "mtu", "-O", "search" };
	char *const env[] = { NULL };
	size_t count = COMMON;

	(void)snprintf(hostname, sizeof(hostname), "hostname:%s", link->line->hostname);
	if (link->line->hostname[0]) {
		args[count++] = "-x";
		args[count++] = hostname;
	}
	/* the one that it had, if that can be */
	if (link->bound) {
		args[count++] = "-r";
		args[count++] =
			net_address_text(&link->lease.addresses[0].address, address);
	}
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

void client_stop(struct link *link)
{
	if (link->pid > 0)
		(void)sys_kill(link->pid, SIGKILL);
	fd_close(fd_take(&link->from));
}
