/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "boot/transition.h"
#include "ctl/ctl.h"
#include "ctl/factory.h"
#include "store/reset.h"

enum {
	OPT_YES,
	OPT_FACTORY,
};

static const struct cmd_option options[] = {
	[OPT_YES] = { "yes", 'y', NULL, "yes, destroy what the images have written" },
	[OPT_FACTORY] = { "factory", 0, NULL, "and start the factory's image" },
	{ 0 },
};

/* The record first: a reset that stops half-way is one that starts the right image and can
 * be asked for again. */
static int reset(struct ctl *ctl, struct change *change, void *context, struct err *err)
{
	bool factory = *(bool *)context;
	int r = factory ? factory_check(ctl, err) : 0;

	if (r < 0)
		return r;
	transition_reset(change->record, factory);
	r = change_write(change, err);
	if (r == 0)
		r = reset_run(change->store, NULL, err);
	if (r == 0)
		cmd_note("volumes and uppers are empty; the next boot starts the %s image",
			 factory ? "factory's" : "current");
	return r;
}

static int reset_command(struct cmd_line *line, struct err *err)
{
	bool yes = false, factory = false;
	bool *const flags[] = { [OPT_YES] = &yes, [OPT_FACTORY] = &factory };
	int r = ctl_flags(line, flags, 0, err);

	if (r < 0)
		return r;
	if (!yes)
		return cmd_usage(err, "reset: destroys what is in the store's volumes and uppers: "
				      "say --yes");
	return ctl_change(ctl_of(line), reset, &factory, err);
}

const struct cmd cmd_reset = {
	.name = "reset",
	.args = "",
	.help = "Empty the volumes and uppers, give the candidate up",
	.options = options,
	.run = reset_command,
};
