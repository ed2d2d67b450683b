/* SPDX-License-Identifier: Apache-2.0 */
#include "slot/select.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "boot/transition.h"
#include "slot/fall.h"
#include "slot/rank.h"
#include "slot/state.h"

enum record_reason select_reason(int r)
{
	return r == -EBADMSG || r == -EIO || r == -EUCLEAN ? RECORD_REASON_CORRUPT
							   : RECORD_REASON_MOUNT;
}

static void say(const struct select *select, const struct err *text)
{
	select->ops->say(select->ops->context, text->text);
}

/* The reason of the last image that fell is for select_next()'s own error, should nothing
 * be left. */
static void say_why(struct select *select)
{
	if (select->text.text[0])
		say(select, &select->text);
	select->text.text[0] = '\0';
}

/* The factory's image is trusted as the boot chain is, whose policy has a floor too; a
 * record on the same disk has no say. */
static uint64_t floor_of(const struct select *select, enum decide_slot slot)
{
	uint64_t policy = select->settings->policy.floor;
	uint64_t record = select->decide.record.floor;

	return slot == DECIDE_FACTORY || policy > record ? policy : record;
}

/* --- the record ----------------------------------------------------------------------
 */

/* A record on a partition of its own needs no store that can be written. */
static int write_record(const struct select *select, struct record *record,
			struct err *err)
{
	const struct select_ops *ops = select->ops;
	struct err after = ERR_INIT;
	int r;

	if (select->pretend)
		return 0;
	if (select->device)
		return state_put(select->store, select->device, record, err);
	r = ops->writable(ops->context, true, err);
	if (r == 0)
		r = state_put(select->store, select->device, record, err);
	if (ops->writable(ops->context, false, &after) < 0)
		say(select, &after);
	return r;
}

/* Puts @record on the disk. False: it can't be, and no candidate will be started. */
static bool put_record(struct select *select, const struct record *record)
{
	struct record next = *record;
	struct err err = ERR_INIT;
	int r = write_record(select, &next, &err);

	select->repair = false;
	if (r < 0) {
		say(select, &err);
		select->decide.writable = false;
	}
	/* -EREMOTEIO: that is what counts now, but one copy is too little for a start */
	if (r == 0 || r == -EREMOTEIO) {
		select->decide.record = next;
		select->has_record = true;
	}
	return r == 0;
}

/* --- images --------------------------------------------------------------------------
 */

/* The record keeps no more than a number of it. */
static void tell_fall(const struct select *select, const char *why)
{
	if (select->ops->fell)
		select->ops->fell(select->ops->context, &select->decide.record.candidate,
				  why);
}

static void fell(struct select *select, const struct select_image *image,
		 enum record_reason reason, int r)
{
	select->decide.fallen[image->slot] = reason;
	if (image->slot == DECIDE_CANDIDATE) {
		select->fall = select->text;
		tell_fall(select, select->text.text);
	}
	select->why =
		digest_is_set(&image->id)
			? err_wrap(&select->text, r, "%s image %.12s",
				   decide_slot_name(image->slot), DIGEST_HEX(&image->id))
			: err_wrap(&select->text, r, "%s image",
				   decide_slot_name(image->slot));
}

void select_fell(struct select *select, const struct select_image *image, int r,
		 const struct err *err)
{
	say_why(select);
	if (err)
		select->text = *err;
	fell(select, image, select_reason(r), r);
}

/* The factory's is the best one there: no record knows its id. */
static int find_factory(const struct select *select, struct select_image *image,
			struct err *err)
{
	static struct rank rank;
	int r = rank_images(select->factory, select->settings,
			    select->settings->policy.floor, &rank, err);

	if (r < 0)
		return r;
	if (rank.count == 0)
		return err_set(err, rank.why, "%s", rank.text.text);
	image->id = rank.ids[0];
	return 0;
}

static int find_image(const struct select *select, enum decide_slot slot,
		      struct select_image *image, struct err *err)
{
	image->slot = slot;
	image->store = slot == DECIDE_FACTORY ? select->factory : select->store;
	image->id = (struct digest){ 0 };
	if (slot == DECIDE_FACTORY)
		return find_factory(select, image, err);
	image->id = *decide_slot_id(&select->decide.record, slot);
	return 0;
}

static bool judge(struct select *select, enum decide_slot slot,
		  struct select_image *image)
{
	enum record_reason reason = RECORD_REASON_MISSING;
	int r = find_image(select, slot, image, &select->text);

	if (r == 0)
		r = rank_judge(image->store, &image->id, select->settings,
			       floor_of(select, slot), &image->manifest, &image->signers,
			       &reason, &select->text);
	if (r == 0)
		return true;
	select->decide.foreign[slot] |= reason == RECORD_REASON_SLOT;
	fell(select, image, reason, r);
	return false;
}

/* --- both ----------------------------------------------------------------------------
 */

/* A candidate without tries falls unjudged: nobody else would tell. */
static void say_fall(struct select *select, const struct record *next)
{
	const struct record *now = &select->decide.record;
	struct err text;

	if (!digest_is_set(&now->candidate) || digest_is_set(&next->candidate) ||
	    select->decide.fallen[DECIDE_CANDIDATE] != RECORD_REASON_NONE)
		return;
	(void)err_set(&select->fall, 0, "after %u start%s",
		      (unsigned int)now->tries_initial,
		      now->tries_initial == 1 ? "" : "s");
	(void)err_set(&text, 0, "%s %s", record_reason_words(next->reason),
		      select->fall.text);
	tell_fall(select, text.text);
	(void)err_wrap(&text, 0, "candidate image %.12s", DIGEST_HEX(&now->candidate));
	say(select, &text);
}

static int nothing_left(struct select *select, struct err *err)
{
	static const char *const words[] = {
		[CMDLINE_USE_DEFAULT] = "no image to start",
		[CMDLINE_USE_PREVIOUS] =
			"lamina.use=previous: there is no previous image",
		[CMDLINE_USE_FACTORY] = "lamina.use=factory: there is no factory image",
	};

	if (select->why == 0)
		return err_set(err, -ENOENT, "%s", words[select->decide.use]);
	return err_set(err, select->why, "%s", select->text.text);
}

/* What is a wish for all but a candidate: tried once, and the boot goes on without it. */
static void wish(struct select *select, struct decision *decision,
		 struct manifest *scratch)
{
	struct record *record = &decision->record;

	if (!decision->write)
		return;
	say_why(select);
	say_fall(select, record);
	if (!digest_is_set(&record->candidate))
		fall_tell(select->store, select->settings, scratch, select->fall.text, "",
			  record);
	(void)put_record(select, record);
}

/* A start, and that a candidate fell, is on the disk before the loader is asked: false, if it
 * can't be. A repair is counted once the loader was told: power cuts in between would have it
 * given up untold. */
static bool ask(struct select *select, struct decision *decision,
		struct select_image *image)
{
	const struct record *now = &select->decide.record;
	uint8_t repairs = record_repairs(&decision->record);

	record_set_repairs(&decision->record, record_repairs(now));
	select->late = decision->write && repairs != record_repairs(now);
	if (decision->act == DECIDE_REPAIR &&
	    digest_equal(&now->candidate, &decision->record.candidate))
		decision->write = false;
	wish(select, decision, &image->manifest);
	if (decision->write && !select->decide.writable)
		return false;
	say_why(select);
	select->after = *now;
	record_set_repairs(&select->after, repairs);
	image->slot = decision->slot;
	image->id = *decide_slot_id(&decision->record, decision->slot);
	select->home = decision->home;
	return true;
}

bool select_told(struct select *select)
{
	return !select->late || put_record(select, &select->after);
}

void select_refused(struct select *select)
{
	select->decide.writable = false;
	memset(select->decide.home, 0, sizeof(select->decide.home));
}

static void repair(struct select *select)
{
	if (select->repair && select->decide.writable &&
	    select->decide.use == CMDLINE_USE_DEFAULT)
		(void)put_record(select, &select->decide.record);
}

int select_next(struct select *select, struct select_image *ret_image, struct err *err)
{
	struct decision decision;

	for (;;) {
		select->decide.has_factory = select->factory >= 0;
		select->decide.factory_later =
			select->factory < 0 && select->settings->policy.factory[0];
		decide_next(&select->decide, &decision);
		select->act = decision.act;
		if (decision.act != DECIDE_START) {
			if (ask(select, &decision, ret_image))
				return 0;
			continue;
		}
		if (decision.slot != DECIDE_CANDIDATE)
			wish(select, &decision, &ret_image->manifest);
		if (decision.slot == DECIDE_NONE)
			return nothing_left(select, err);
		say_why(select);
		if (!judge(select, decision.slot, ret_image))
			continue;
		if (decision.slot != DECIDE_CANDIDATE) {
			repair(select);
			return 0;
		}
		if (put_record(select, &decision.record))
			return 0;
	}
}
