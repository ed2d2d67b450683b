/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "boot/transition.h"
#include "ctl/ctl.h"
#include "ctl/erase.h"
#include "ctl/factory.h"
#include "ctl/slots.h"
#include "install/reset.h"

enum {
	OPT_YES,
	OPT_FACTORY,
	OPT_RECORD,
};

static const struct cmd_option options[] = {
	[OPT_YES] = { "yes", 'y', NULL, "yes, destroy what the images have written" },
	[OPT_FACTORY] = { "factory", 0, NULL, "and start the factory's image" },
	[OPT_RECORD] = { "record", 0, NULL,
			 "only write the boot record anew, also over a newer version" },
	{ 0 },
};

/* As far as it can be told without a look at them. */
static const char *what_starts(const struct ctl *ctl, const struct record *record)
{
	if (digest_is_set(&record->current))
		return "the next boot starts the current image";
	if (digest_is_set(&record->previous))
		return "the next boot starts the previous image";
	return ctl->settings.policy.factory[0]
		       ? "the next boot starts the factory's image"
		       : "there is no image to start";
}

/* A record that names nothing is one of its own only if there is a factory. */
static bool is_worth_writing(const struct ctl *ctl, const struct change *change)
{
	return change->select.has_record || digest_is_set(&change->record->current) ||
	       ctl->settings.policy.factory[0];
}

/* The record first: a reset that stops half-way is one that starts the right image and can
 * be asked for again. */
static int reset(struct ctl *ctl, struct change *change, void *context, struct err *err)
{
	bool factory = *(bool *)context;
	struct digest before;
	int r = ctl_is_store(ctl, change, err);

	if (r == 0 && factory)
		r = factory_check(ctl, err);
	if (r < 0)
		return r;
	before = change->record->candidate;
	transition_reset(change->record, factory);
	r = slots_settle(ctl, change->record, &change->record->current, err);
	if (r < 0)
		return r;
	r = is_worth_writing(ctl, change) ? change_write(change, err)
					  : change_writable(change, err);
	if (r == 0)
		r = erase_encrypted(ctl, change->store, err);
	if (r == 0)
		r = reset_run(change->store, NULL, err);
	if (r < 0)
		return r;
	ctl_note_forgotten(change, &before);
	cmd_note("volumes, uppers and logs are empty; %s",
		 what_starts(ctl, change->record));
	return 0;
}

/* The way back from a newer Lamina, whose record an older one only reads. */
static int rewrite(struct ctl *ctl, struct change *change, void *context, struct err *err)
{
	int r = ctl_is_store(ctl, change, err);

	(void)context;
	if (r < 0)
		return r;
	transition_anew(change->record);
	r = change_write(change, err);
	if (r == 0)
		cmd_note("the boot record is written anew; %s",
			 what_starts(ctl, change->record));
	return r;
}

static int reset_command(struct cmd_line *line, struct err *err)
{
	bool yes = false, factory = false, record = false;
	bool *const flags[] = {
		[OPT_YES] = &yes, [OPT_FACTORY] = &factory, [OPT_RECORD] = &record
	};
	int r = ctl_flags(line, flags, 0, err);

	if (r < 0)
		return r;
	if (record && (yes || factory))
		return cmd_usage(err, "reset: --record is for itself");
	if (record)
		return ctl_rewrite(ctl_of(line), rewrite, NULL, err);
	if (!yes)
		return cmd_usage(
			err,
			"reset: destroys what is in the store's volumes, uppers and logs: "
			"say --yes");
	return ctl_change(ctl_of(line), reset, &factory, err);
}

const struct cmd cmd_reset = {
	.name = "reset",
	.args = "",
	.help = "Empty the volumes, uppers and logs, give the candidate up",
	.options = options,
	.run = reset_command,
};
