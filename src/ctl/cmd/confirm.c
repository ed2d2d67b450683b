/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>

#include "base/fd.h"
#include "base/str.h"
#include "ctl/ctl.h"
#include "ctl/slots.h"
#include "slot/confirm.h"

/* Init's keeper of the watchdog waits for this file. A workstation has no place for it. */
static void tell_keeper(const struct ctl *ctl)
{
	__fd int fd = ctl_open_run(ctl, "confirmed", O_WRONLY | O_CREAT);
	int r = fd < 0 ? fd
		       : fd_write_all(fd, DIGEST_HEX(&ctl->running), DIGEST_HEX_SIZE - 1);

	if (r == 0)
		r = fd_write_all(fd, "\n", 1);
	if (r < 0)
		cmd_note("%s/confirmed: %s", ctl->run ? ctl->run : CTL_RUN,
			 err_reason(r));
}

/* The loader's default before the record, which is what counts. */
static int settle_loader(struct ctl *ctl, struct err *err)
{
	struct record record;
	__fd int store = -EBADF;
	int r = ctl->settings.policy.boot_loader ? ctl_read(ctl, &store, &record, err)
						 : 1;

	if (r == 0 && digest_equal(&record.candidate, &ctl->running))
		r = slots_settle(ctl, &record, &ctl->running, err);
	return r < 0 ? r : 0;
}

static int confirm_run(struct cmd_line *line, struct err *err)
{
	struct ctl *ctl = ctl_of(line);
	struct confirm confirm;
	int r = ctl_flags(line, NULL, 0, err);

	if (r == 0)
		r = ctl_open(ctl, err);
	if (r == 0)
		r = ctl_confirm(ctl, &confirm, err);
	if (r == 0)
		r = settle_loader(ctl, err);
	if (r < 0)
		return r;
	r = confirm_running(&confirm, err);
	if (r < 0 && r != -EALREADY)
		return r;
	tell_keeper(ctl);
	cmd_note("image %.12s is %s", DIGEST_HEX(&ctl->running),
		 r == -EALREADY ? "the current one already" : "confirmed");
	return 0;
}

const struct cmd cmd_confirm = {
	.name = "confirm",
	.args = "",
	.help = "The image that runs is good: it is started from now on",
	.run = confirm_run,
};
