/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/sys.h"
#include "ctl/ask.h"

/* Until it has stopped, which init sees to: it kills what does not. */
static int wait_until_stopped(const struct ctl *ctl, const char *name, struct err *err)
{
	const struct timespec pause = { .tv_nsec = 50000000 };
	static char text[ASK_SIZE];
	char state[16];
	int r;

	for (;;) {
		r = ask_word(ctl, "ps", name, text, err);
		ctl_value(text, "state", state, sizeof(state));
		if (r < 0 || strcmp(state, "stopping") != 0)
			return r;
		(void)sys_nanosleep(&pause);
	}
}

static int tell_run(struct cmd_line *line, struct err *err)
{
	static char text[ASK_SIZE];
	const struct ctl *ctl = ctl_of(line);
	int r = ctl_flags(line, NULL, 1, err);
	const char *name = r < 0 ? NULL : line->argv[line->at];

	if (r == 0)
		r = ask_word(ctl, line->cmd->name, name, text, err);
	return r < 0 ? r : wait_until_stopped(ctl, name, err);
}

const struct cmd cmd_start = {
	.name = "start",
	.args = "[NAME]",
	.help = "Start the application that is stopped",
	.run = tell_run,
};

const struct cmd cmd_stop = {
	.name = "stop",
	.args = "[NAME]",
	.help = "Stop it, until it is started or the device boots",
	.run = tell_run,
};

const struct cmd cmd_restart = {
	.name = "restart",
	.args = "[NAME]",
	.help = "Stop it and start it again",
	.run = tell_run,
};
