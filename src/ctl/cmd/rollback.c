/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "boot/transition.h"
#include "ctl/ctl.h"
#include "ctl/facts.h"
#include "ctl/slots.h"

/* Nobody goes back to an image that would not start. Nothing: to a candidate's. */
static int read_previous(struct ctl *ctl, const struct change *change,
			 struct facts *ret_facts, struct err *err)
{
	const struct digest *id = &change->record->previous;

	*ret_facts = (struct facts){ .serial = 0 };
	if (digest_is_set(&change->record->candidate) || !digest_is_set(id))
		return 0;
	facts_read(&ctl->settings, change->store, id, ctl_floor(ctl, change->record),
		   &ctl->manifest, ret_facts);
	if (ret_facts->r < 0)
		return err_set(err, ret_facts->r, "previous image %.12s: %s",
			       DIGEST_HEX(id), ret_facts->err.text);
	return 0;
}

/* The previous image's kernel gave its slot to another: it is written there again, and that is
 * as new as it was at first. 1: so it is; 0: nothing of the kind; -errno. */
static int write_again(struct ctl *ctl, struct change *change,
		       const struct manifest_boot *boot, struct err *err)
{
	struct record *record = change->record;
	enum boot_slot home = record_slot(record, &record->previous);
	const struct digest id = record->previous;
	struct manifest_boot keep = { .id = "" };
	struct slots slots;
	int r = slots_check(ctl, boot, &slots, err);

	if (r < 0 || !slots.loader.ops || slots_is_running(ctl, boot))
		return r;
	r = home ? slots_holds(&slots, home, boot, err) : 0;
	if (r != 0)
		return r < 0 ? r : 0;
	r = slots_put(ctl, &slots, change, boot, &keep, err);
	if (r >= 0)
		r = transition_install(record, &id, (uint8_t)ctl->settings.policy.tries,
				       err);
	if (r == 0)
		r = slots_note(record, &id, slots_other(slots.runs), boot, err);
	return r < 0 ? r : 1;
}

static int rollback(struct ctl *ctl, struct change *change, void *context,
		    struct err *err)
{
	struct record *record = change->record;
	bool is_fall = digest_is_set(&record->candidate);
	struct facts facts;
	int r = read_previous(ctl, change, &facts, err), again = 0;

	(void)context;
	if (r == 0 && facts.boot.id[0])
		r = again = write_again(ctl, change, &facts.boot, err);
	if (r == 0)
		r = transition_rollback(record, facts.serial, err);
	if (r == 0 && is_fall)
		ctl_tell_fall(ctl, change);
	if (r == 0)
		r = slots_settle(ctl, record, &record->current, err);
	r = ctl_write(change, r, err);
	if (r < 0)
		return r;
	cmd_note("the next boot %s image %.12s",
		 again ? "tries, with its kernel written anew," : "starts",
		 DIGEST_HEX(again ? &record->candidate : &record->current));
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
