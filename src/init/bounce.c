/* SPDX-License-Identifier: Apache-2.0 */
#include "init/bounce.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/sys.h"
#include "init/pid1/console.h"
#include "init/report.h"
#include "init/stage.h"

#define PROGRAM STAGE_RUN "/bin/laminactl"
#define MOST_MS 30000
#define STEP_MS 100

static char *words[] = { PROGRAM, "boot", NULL, NULL, NULL };

static _Noreturn void run(void)
{
	char *const env[] = { NULL };
	int r = sys_execve(words[0], words, env);

	console_say("%s: %s", words[0], err_reason(r));
	sys_exit(127);
}

/* Its device may hang: process 1 must not. Returns the process, or -errno. */
static pid_t wait_for(pid_t pid, int *ret_status)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };

	for (int ms = 0; ms < MOST_MS; ms += STEP_MS) {
		pid_t ended = sys_waitpid(pid, ret_status, WNOHANG);

		if (ended != 0)
			return ended;
		(void)sys_nanosleep(&step);
	}
	/* it is not waited for: a process in the kernel's hands ends when that lets it */
	(void)sys_kill(pid, SIGKILL);
	return -ETIMEDOUT;
}

int bounce_tell(enum decide_act act, enum boot_slot slot, struct err *err)
{
	char end[REPORT_END_SIZE];
	int status = 0;
	pid_t pid;

	words[2] = act == DECIDE_BOUNCE ? "once" : "default";
	words[3] = slot == BOOT_SLOT_A ? "a" : "b";
	pid = sys_fork();
	if (pid == 0)
		run();
	if (pid > 0)
		pid = wait_for(pid, &status);
	if (pid < 0)
		return err_errno(err, (int)pid, "laminactl boot %s %s", words[2],
				 words[3]);
	if (status == 0)
		return 0;
	report_end_words(status, end);
	return err_set(err, -EIO, "laminactl boot %s %s %s", words[2], words[3], end);
}

int bounce_next(struct select *select, struct select_image *ret_image, struct err *err)
{
	int r;

	while ((r = select_next(select, ret_image, err)) == 0 &&
	       select->act != DECIDE_START) {
		r = bounce_tell(select->act, select->home, err);
		if (r < 0)
			console_say("boot loader: %s", err->text);
		else if (select_told(select))
			return err_set(err, -ERESTART,
				       "%s image %.12s: its kernel is in "
				       "boot slot %s",
				       decide_slot_name(ret_image->slot),
				       DIGEST_HEX(&ret_image->id), words[3]);
		select_refused(select);
	}
	return r;
}
