/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "base/err.h"
#include "base/sys.h"
#include "init/pid1/console.h"
#include "init/pid1/failure.h"

static _Noreturn void shell(void)
{
	char *const argv[] = { (char *)"-sh", NULL };
	char *const env[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
			      (char *)"HOME=/", (char *)"TERM=linux", NULL };
	int r;

	/* a session of its own, so that Ctrl-C and job control work in it and don't reach
	 * init */
	(void)sys_setsid();
	(void)sys_ioctl_number(0, TIOCSCTTY, 1);
	r = sys_execve("/bin/sh", argv, env);
	console_say("/bin/sh: %s", err_reason(r));
	sys_exit(127);
}

void failure_rescue(void)
{
	pid_t pid, ended;

	pid = sys_fork();
	if (pid == 0)
		shell();
	if (pid < 0) {
		console_say("fork: %s", err_reason(pid));
		return;
	}
	do {
		ended = sys_waitpid(-1, NULL, 0);
	} while (ended != pid && ended >= 0);
}
