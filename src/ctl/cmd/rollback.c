/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "boot/transition.h"
#include "ctl/ctl.h"
#include "ctl/facts.h"

/* Nobody goes back to an image that would not start. */
static int previous_serial(struct ctl *ctl, const struct change *change,
			   uint64_t *ret_serial, struct err *err)
{
	const struct digest *id = &change->record->previous;
	struct facts facts;

	*ret_serial = 0;
	if (digest_is_set(&change->record->candidate) || !digest_is_set(id))
		return 0;
	facts_read(&ctl->settings, change->store, id, ctl_floor(ctl, change->record),
		   &ctl->manifest, &facts);
	if (facts.r < 0)
		return err_set(err, facts.r, "previous image %.12s: %s", DIGEST_HEX(id),
			       facts.err.text);
	*ret_serial = facts.serial;
	return 0;
}

static int rollback(struct ctl *ctl, struct change *change, void *context,
		    struct err *err)
{
	uint64_t serial;
	bool is_fall;
	int r = previous_serial(ctl, change, &serial, err);

	(void)context;
	if (r < 0)
		return r;
	is_fall = digest_is_set(&change->record->candidate);
	r = transition_rollback(change->record, serial, err);
	if (r == 0 && is_fall)
		ctl_tell_fall(ctl, change);
	r = ctl_write(change, r, err);
	if (r < 0)
		return r;
	cmd_note("the next boot starts image %.12s",
		 DIGEST_HEX(&change->record->current));
	return 0;
}

static int rollback_run(struct cmd_line *line, struct err *err)
{
	int r = ctl_flags(line, NULL, 0, err);

	return r < 0 ? r : ctl_change(ctl_of(line), rollback, NULL, err);
}

const struct cmd cmd_rollback = {
	.name = "rollback",
	.args = "",
	.help = "Back: drop the candidate, or start the previous image again",
	.run = rollback_run,
};
