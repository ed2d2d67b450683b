/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/status.h"
#include "ctl/timeline.h"

static const struct cmd_option options[] = {
	{ "json", 0, NULL, "print JSON" },
	{ "boot", 0, NULL, "when each step of the boot began, and how long it took" },
	{ 0 },
};

static int show(struct ctl *ctl, const struct status *status, bool json, bool boot,
		struct err *err)
{
	struct out out;
	int r = 0;

	out_init(&out, 1);
	if (json) {
		json_open(&out, NULL, '{');
		status_json(&out, status);
	} else {
		status_text(&out, status);
	}
	if (boot && !json)
		out_add(&out, "\n");
	if (boot)
		r = timeline_show(&out, ctl, json, err);
	if (json)
		json_close(&out, '}');
	return r < 0 ? r : out_done(&out, err);
}

static int status_run(struct cmd_line *line, struct err *err)
{
	static struct status status;
	struct ctl *ctl = ctl_of(line);
	bool json = false, boot = false;
	bool *const flags[] = { &json, &boot };
	int r = ctl_flags(line, flags, 0, err);

	if (r == 0)
		r = status_read(ctl, &status, err);
	return r < 0 ? r : show(ctl, &status, json, boot, err);
}

const struct cmd cmd_status = {
	.name = "status",
	.args = "",
	.help = "What runs, what the next boot starts, what fell and why",
	.options = options,
	.run = status_run,
};
