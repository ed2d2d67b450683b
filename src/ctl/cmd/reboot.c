/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/reboot.h>

#include "base/fd.h"
#include "base/sys.h"
#include "boot/transition.h"
#include "ctl/ask.h"
#include "ctl/ctl.h"
#include "ctl/slots.h"
#include "slot/confirm.h"

/* A try that can't be given back keeps nobody from rebooting; a writer at work does. */
static int give_back(struct ctl *ctl, struct err *err)
{
	struct confirm confirm;
	int r = ctl_open(ctl, err);

	if (r == 0)
		r = ctl_confirm(ctl, &confirm, err);
	if (r < 0)
		return r;
	/* started from another slot, it may be the candidate all the same */
	if (!ctl_runs_as(ctl, DECIDE_CANDIDATE))
		confirm.running = (struct digest){ 0 };
	r = confirm_reboot(&confirm, err);
	if (r == -EAGAIN)
		return r;
	if (r == -EALREADY)
		cmd_note("%s", err->text);
	else if (r < 0)
		cmd_note("this start counts as a try: %s", err->text);
	return 0;
}

/* Counted before it can happen, and only then is the loader told. Init would do the same, in a
 * boot more. */
static int arm(struct ctl *ctl, struct change *change, void *context, struct err *err)
{
	struct record *record = change->record;
	enum boot_slot home = record_slot(record, &record->candidate);
	struct loader_words words = { .usual = home };
	struct slots slots;
	int r = home ? slots_open(ctl, &slots, err) : 0;

	(void)context;
	if (r == 0 && home && slots.loader.ops && !slots.loader.ops->reboots)
		r = loader_read(&slots.loader, &words, err);
	if (r < 0 || words.usual == home)
		return r;
	if (!record_is_armed(record))
		r = ctl_write(change, transition_arm(record, err), err);
	return r < 0 ? r : loader_write(&slots.loader, words.usual, home, err);
}

/* One without tries left is not started any more. */
static int arm_loader(struct ctl *ctl, struct err *err)
{
	int r = ctl_open_policy(ctl, err);

	if (r < 0 || !ctl->settings.policy.boot_loader)
		return 0;
	r = ctl_change(ctl, arm, NULL, err);
	if (r < 0 && r != -EAGAIN && r != -EDQUOT)
		cmd_note("the loader is not told of the candidate: %s", err->text);
	return r == -EAGAIN ? r : 0;
}

/* Time for a connection to say that it ends. */
static const struct timespec farewell = { .tv_sec = 1 };

/* In a session of its own, and with nothing of its caller's open, which may wait for that. */
static _Noreturn void reboot_later(int how)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	int null = sys_openat(AT_FDCWD, "/dev/null", O_RDWR, 0);

	(void)sys_setsid();
	(void)sys_sigaction(SIGHUP, &ignore);
	(void)sys_sigaction(SIGTERM, &ignore);
	(void)sys_chdir("/");
	for (int fd = 0; fd <= 2; fd++) {
		if (null < 0)
			(void)sys_close(fd);
		else if (fd != null)
			(void)sys_dup3(null, fd, 0);
	}
	(void)sys_nanosleep(&farewell);
	(void)sys_sync();
	(void)sys_reboot(how);
	sys_exit(1);
}

/* Started by process 1 itself it does not return: a script that is the application must not
 * end. Otherwise a connection behind which nobody is left would keep its client for minutes. */
static int reboot_now(int how, struct err *err)
{
	/* for the answer: may we? What it changes lasts for this last second. */
	int r = sys_reboot(RB_DISABLE_CAD);
	pid_t pid = -1;

	if (r < 0)
		return err_errno(err, r, "reboot");
	if (sys_getppid() != 1)
		pid = sys_fork();
	if (pid == 0)
		reboot_later(how);
	if (pid > 0)
		return 0;
	(void)sys_sync();
	r = sys_reboot(how);
	return r < 0 ? err_errno(err, r, "reboot") : 0;
}

/* Process 1 that supervises does it in order, and gives the try back, too. */
static int ask_init(const struct ctl *ctl, const char *word, bool *ret_asked,
		    struct err *err)
{
	static char text[ASK_SIZE];
	const char *const words[] = { word, NULL };
	__fd int fd = ask_open(ctl, NULL);
	int r;

	*ret_asked = fd >= 0;
	if (fd < 0)
		return 0;
	r = ask_send(fd, words, NULL, err);
	return r < 0 ? r : ask_receive(fd, text, err);
}

static int go_down(struct cmd_line *line, int how, struct err *err)
{
	struct ctl *ctl = ctl_of(line);
	int r = ctl_flags(line, NULL, 0, err);
	bool asked = false;

	if (r < 0)
		return r;
	if (ctl->run || ctl->store)
		return cmd_usage(err,
				 "%s: it is this device that goes down, without --%s",
				 line->cmd->name, ctl->run ? "run" : "store");
	if (how == RB_AUTOBOOT)
		r = arm_loader(ctl, err);
	if (r == 0)
		r = ask_init(ctl, line->cmd->name, &asked, err);
	if (r < 0 || asked)
		return r;
	r = give_back(ctl, err);
	return r < 0 ? r : reboot_now(how, err);
}

static int reboot_run(struct cmd_line *line, struct err *err)
{
	return go_down(line, RB_AUTOBOOT, err);
}

const struct cmd cmd_reboot = {
	.name = "reboot",
	.args = "",
	.help = "Reboot at once, the first time without using up a try",
	.run = reboot_run,
};

static int poweroff_run(struct cmd_line *line, struct err *err)
{
	return go_down(line, RB_POWER_OFF, err);
}

const struct cmd cmd_poweroff = {
	.name = "poweroff",
	.args = "",
	.help = "Switch the device off, likewise",
	.run = poweroff_run,
};
