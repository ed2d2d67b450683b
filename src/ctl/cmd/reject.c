/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/transition.h"
#include "ctl/ctl.h"
#include "ctl/slots.h"

static int reject(struct ctl *ctl, struct change *change, void *context, struct err *err)
{
	int r = transition_reject(change->record, err);

	(void)context;
	if (r == 0) {
		ctl_tell_fall(ctl, change);
		r = slots_settle(ctl, change->record, &change->record->current, err);
	}
	r = ctl_write(change, r, err);
	if (r == 0)
		cmd_note(
			"the candidate is rejected; the next boot starts the current image");
	return r;
}

static int reject_run(struct cmd_line *line, struct err *err)
{
	int r = ctl_flags(line, NULL, 0, err);

	return r < 0 ? r : ctl_change(ctl_of(line), reject, NULL, err);
}

const struct cmd cmd_reject = {
	.name = "reject",
	.args = "",
	.help = "Give the candidate up, and refuse it from now on",
	.run = reject_run,
};
