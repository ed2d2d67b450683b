/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/transition.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

void transition_forget(struct record *record)
{
	record->candidate = (struct digest){ 0 };
	record->tries_left = 0;
	record->tries_initial = 0;
	record->reboot_spent = false;
	record_arm(record, false);
}

static void forget_failed(struct record *record)
{
	record->failed = (struct digest){ 0 };
	record->reason = RECORD_REASON_NONE;
	memset(record->told, 0, sizeof(record->told));
}

void transition_fall(struct record *record, enum record_reason reason)
{
	if (!digest_is_set(&record->candidate))
		return;
	record->failed = record->candidate;
	record->reason = reason;
	memset(record->told, 0, sizeof(record->told)); /* who knows more tells it now */
	transition_forget(record);
}

int transition_install(struct record *record, const struct digest *id, uint8_t tries,
		       struct err *err)
{
	bool is_current = digest_equal(&record->current, id);

	if (!digest_is_set(id) || tries == 0)
		return err_set(err, -EINVAL, "no image, or no tries");
	if (is_current && !digest_is_set(&record->candidate))
		return err_set(err, -EEXIST, "is the current image already");
	transition_forget(record);
	/* It is given another chance: what it did the last time says no more. */
	if (digest_equal(&record->failed, id))
		forget_failed(record);
	if (is_current)
		return 0;
	record->candidate = *id;
	record->tries_left = tries;
	record->tries_initial = tries;
	return 0;
}

int transition_confirm(struct record *record, const struct digest *running,
		       uint64_t floor, struct err *err)
{
	if (digest_is_set(running) && digest_equal(&record->current, running))
		return err_set(err, -EALREADY, "is confirmed already");
	if (!digest_is_set(running) || !digest_equal(&record->candidate, running))
		return err_set(err, -EPERM, "what runs is not the candidate");
	/* Behind the factory's image there may be no current one. */
	if (digest_is_set(&record->current))
		record->previous = record->current;
	else if (digest_equal(&record->previous, running))
		record->previous = (struct digest){ 0 };
	record->current = *running;
	transition_forget(record);
	record_set_repairs(record, 0);
	if (floor > record->floor)
		record->floor = floor;
	return 0;
}

int transition_rollback(struct record *record, uint64_t previous_serial, struct err *err)
{
	struct digest id;

	if (digest_is_set(&record->candidate))
		return transition_reject(record, err);
	if (!digest_is_set(&record->previous))
		return err_set(err, -ENOENT, "there is no previous image");
	if (previous_serial < record->floor)
		return err_set(err, -ESTALE,
			       "serial %" PRIu64 " is below the rollback floor %" PRIu64,
			       previous_serial, record->floor);
	id = record->current;
	record->current = record->previous;
	record->previous = id;
	record_set_repairs(record, 0);
	return 0;
}

int transition_reject(struct record *record, struct err *err)
{
	if (!digest_is_set(&record->candidate))
		return err_set(err, -ENOENT, "there is no candidate");
	transition_fall(record, RECORD_REASON_REJECTED);
	return 0;
}

int transition_reboot(struct record *record, const struct digest *running)
{
	if (!digest_is_set(running) || !digest_equal(&record->candidate, running) ||
	    record->reboot_spent || record->tries_left >= record->tries_initial)
		return 0;
	record->tries_left++;
	record->reboot_spent = true;
	return 1;
}

int transition_arm(struct record *record, struct err *err)
{
	if (!digest_is_set(&record->candidate))
		return err_set(err, -ENOENT, "there is no candidate");
	if (record->tries_left == 0)
		return err_set(err, -EDQUOT, "the candidate has no tries left");
	record->tries_left--;
	if (record->boots < UINT32_MAX)
		record->boots++;
	record_arm(record, true);
	return 0;
}

void transition_reset(struct record *record, bool factory)
{
	transition_forget(record);
	forget_failed(record);
	if (!factory)
		return;
	record->current = (struct digest){ 0 };
	record->previous = (struct digest){ 0 };
}

void transition_anew(struct record *record)
{
	transition_reset(record, false);
	record->other_flags = 0;
	memset(record->reserved, 0, sizeof(record->reserved));
}

void transition_rebuild(const struct digest *ids, size_t count, uint8_t tries,
			struct record *record)
{
	transition_forget(record);
	record->current = (struct digest){ 0 };
	record->previous = (struct digest){ 0 };
	if (count > 1) {
		record->candidate = *ids++;
		record->tries_left = tries ? tries : 1;
		record->tries_initial = record->tries_left;
		count--;
	}
	if (count > 0)
		record->current = ids[0];
	if (count > 1)
		record->previous = ids[1];
}

void transition_keep(struct record *record, const struct digest *running)
{
	/* either way the current one becomes the previous one */
	if (digest_equal(&record->candidate, running)) {
		(void)transition_confirm(record, running, 0, NULL);
	} else if (digest_equal(&record->previous, running)) {
		record->previous = record->current;
		record->current = *running;
	}
}
