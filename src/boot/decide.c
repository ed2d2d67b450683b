/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/decide.h"

#include "boot/transition.h"

const char *decide_slot_name(enum decide_slot slot)
{
	static const char *const names[] = {
		[DECIDE_CANDIDATE] = "candidate",
		[DECIDE_CURRENT] = "current",
		[DECIDE_PREVIOUS] = "previous",
		[DECIDE_FACTORY] = "factory",
		[DECIDE_NONE] = NULL,
	};

	return names[slot];
}

const struct digest *decide_slot_id(const struct record *record, enum decide_slot slot)
{
	switch (slot) {
	case DECIDE_CANDIDATE:
		return &record->candidate;
	case DECIDE_CURRENT:
		return &record->current;
	default:
		return &record->previous;
	}
}

/* Is it there, and good as far as anybody knows? */
static bool is_good(const struct decide *d, enum decide_slot slot)
{
	if (d->fallen[slot] != RECORD_REASON_NONE)
		return false;
	return slot == DECIDE_FACTORY ? d->has_factory
				      : digest_is_set(decide_slot_id(&d->record, slot));
}

static bool is_left(const struct decide *d, enum decide_slot slot)
{
	return is_good(d, slot) && !d->foreign[slot];
}

/* The first of @from, ..., factory that was not tried yet. */
static enum decide_slot first_left(const struct decide *d, enum decide_slot from)
{
	while (from < DECIDE_NONE && !is_left(d, from))
		from++;
	return from;
}

/* Away from what would be started: the command line's wish, and nothing is recorded. */
static enum decide_slot ask_for_another(const struct decide *d)
{
	if (d->use == CMDLINE_USE_FACTORY)
		return first_left(d, DECIDE_FACTORY);
	return first_left(d, digest_is_set(&d->record.candidate) ? DECIDE_CURRENT
								 : DECIDE_PREVIOUS);
}

/* Why the candidate falls now, if it does. A start of it was counted for nothing when it is
 * armed yet and another kernel runs. */
static enum record_reason judge_candidate(const struct decide *d)
{
	bool foreign = d->foreign[DECIDE_CANDIDATE], armed = record_is_armed(&d->record);

	if (d->fallen[DECIDE_CANDIDATE] != RECORD_REASON_NONE)
		return d->fallen[DECIDE_CANDIDATE];
	if (foreign && d->home[DECIDE_CANDIDATE] == BOOT_SLOT_NONE)
		return RECORD_REASON_SLOT;
	if (d->record.tries_left > 0 || (armed && !foreign))
		return RECORD_REASON_NONE;
	if (armed)
		return RECORD_REASON_BOOT;
	return d->last_end == RECORD_REASON_NONE ? RECORD_REASON_TRIES : d->last_end;
}

/* Counted before it happens; one that was armed is counted. */
static void start_candidate(const struct decide *d, struct decision *decision)
{
	struct record *record = &decision->record;

	decision->slot = DECIDE_CANDIDATE;
	decision->write = true;
	if (d->foreign[DECIDE_CANDIDATE]) {
		decision->act = DECIDE_BOUNCE;
		decision->home = d->home[DECIDE_CANDIDATE];
	}
	if (record_is_armed(record) && decision->act == DECIDE_START) {
		record_arm(record, false);
		return;
	}
	(void)transition_arm(record, NULL);
	record_arm(record, decision->act == DECIDE_BOUNCE);
}

#define MOST_REPAIRS 2

/* The loader is behind, or fell back since that slot is bad: it is told again, and what it
 * would have started nobody asks. Past the bound it is the slot's fault; but where nothing
 * else would start, nothing is lost by another time. */
static bool repair_current(const struct decide *d, struct decision *decision)
{
	uint8_t repairs = record_repairs(&d->record);
	bool last = first_left(d, DECIDE_PREVIOUS) == DECIDE_NONE && !d->factory_later;

	if (!is_good(d, DECIDE_CURRENT) || !d->foreign[DECIDE_CURRENT] ||
	    d->home[DECIDE_CURRENT] == BOOT_SLOT_NONE ||
	    (!last && (repairs >= MOST_REPAIRS || !d->writable)))
		return false;
	decision->act = DECIDE_REPAIR;
	decision->home = d->home[DECIDE_CURRENT];
	decision->slot = DECIDE_CURRENT;
	decision->write |= d->writable && repairs < UINT8_MAX;
	record_set_repairs(&decision->record,
			   repairs < UINT8_MAX ? repairs + 1 : repairs);
	return true;
}

static void decide_by_record(const struct decide *d, struct decision *decision)
{
	enum record_reason reason = RECORD_REASON_NONE;

	if (digest_is_set(&d->record.candidate)) {
		reason = judge_candidate(d);
		if (reason == RECORD_REASON_NONE && d->writable) {
			start_candidate(d, decision);
			return;
		}
	}
	if (reason != RECORD_REASON_NONE) {
		decision->write = d->writable;
		transition_fall(&decision->record, reason);
	}
	if (repair_current(d, decision))
		return;
	decision->slot = first_left(d, DECIDE_CURRENT);
	if (decision->slot == DECIDE_CURRENT && record_repairs(&d->record) > 0) {
		decision->write = d->writable;
		record_set_repairs(&decision->record, 0);
	}
}

void decide_next(const struct decide *d, struct decision *ret_decision)
{
	struct decision decision = { .record = d->record };

	if (d->use == CMDLINE_USE_DEFAULT)
		decide_by_record(d, &decision);
	else
		decision.slot = ask_for_another(d);
	*ret_decision = decision;
}
