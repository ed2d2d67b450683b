/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/reboot.h>

#include "base/sys.h"
#include "ctl/ctl.h"
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
	if (strcmp(ctl->running_slot, "candidate") != 0)
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

static int reboot_run(struct cmd_line *line, struct err *err)
{
	struct ctl *ctl = ctl_of(line);
	int r = ctl_flags(line, NULL, 0, err);

	if (r < 0)
		return r;
	if (ctl->run || ctl->store)
		return cmd_usage(err,
				 "reboot: it is this device that reboots, without --%s",
				 ctl->run ? "run" : "store");
	r = give_back(ctl, err);
	if (r < 0)
		return r;
	(void)sys_sync();
	r = sys_reboot(RB_AUTOBOOT);
	return r < 0 ? err_errno(err, r, "reboot") : 0;
}

const struct cmd cmd_reboot = {
	.name = "reboot",
	.args = "",
	.help = "Reboot at once, the first time without using up a try",
	.run = reboot_run,
};
