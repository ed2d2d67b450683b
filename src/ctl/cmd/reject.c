/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/transition.h"
#include "ctl/ctl.h"

static int reject_run(struct cmd_line *line, struct err *err)
{
	struct change change;
	int r = ctl_flags(line, NULL, 0, err);

	if (r < 0)
		return r;
	r = ctl_begin(ctl_of(line), &change, err);
	if (r == 0)
		r = ctl_write(&change, transition_reject(change.record, err), err);
	if (r == 0)
		cmd_note("the candidate is rejected; the next boot starts the current image");
	return ctl_end(&change, r, err);
}

const struct cmd cmd_reject = {
	.name = "reject",
	.args = "",
	.help = "Give the candidate up, and refuse it from now on",
	.run = reject_run,
};
