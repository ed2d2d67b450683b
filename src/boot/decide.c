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

static bool is_left(const struct decide *d, enum decide_slot slot)
{
	if (d->fallen[slot] != RECORD_REASON_NONE)
		return false;
	return slot == DECIDE_FACTORY ? d->has_factory
				      : digest_is_set(decide_slot_id(&d->record, slot));
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

/* Why the candidate falls now, if it does. */
static enum record_reason judge_candidate(const struct decide *d)
{
	if (d->fallen[DECIDE_CANDIDATE] != RECORD_REASON_NONE)
		return d->fallen[DECIDE_CANDIDATE];
	if (d->record.tries_left > 0)
		return RECORD_REASON_NONE;
	return d->last_end != RECORD_REASON_NONE ? d->last_end : RECORD_REASON_TRIES;
}

/* A start is counted before it happens: whatever goes wrong after it, it was one. */
static void start_candidate(struct decision *decision)
{
	decision->slot = DECIDE_CANDIDATE;
	decision->write = true;
	decision->record.tries_left--;
	if (decision->record.boots < UINT32_MAX)
		decision->record.boots++;
}

static void decide_by_record(const struct decide *d, struct decision *decision)
{
	enum record_reason reason = RECORD_REASON_NONE;

	if (digest_is_set(&d->record.candidate)) {
		reason = judge_candidate(d);
		if (reason == RECORD_REASON_NONE && d->writable) {
			start_candidate(decision);
			return;
		}
	}
	decision->slot = first_left(d, DECIDE_CURRENT);
	if (reason == RECORD_REASON_NONE)
		return;
	decision->write = d->writable;
	transition_fall(&decision->record, reason);
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
