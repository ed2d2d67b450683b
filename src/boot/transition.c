/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/transition.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static void drop_candidate(struct record *record)
{
	memset(record->candidate, 0, RECORD_ID_SIZE);
	record->tries_left = 0;
	record->tries_initial = 0;
	record->reboot_spent = false;
}

static void forget_failed(struct record *record)
{
	memset(record->failed, 0, RECORD_ID_SIZE);
	record->reason = RECORD_REASON_NONE;
}

void transition_fall(struct record *record, enum record_reason reason)
{
	if (!record_has(record->candidate))
		return;
	memcpy(record->failed, record->candidate, RECORD_ID_SIZE);
	record->reason = reason;
	drop_candidate(record);
}

int transition_install(struct record *record, const uint8_t id[RECORD_ID_SIZE],
		       uint8_t tries, struct err *err)
{
	bool is_current = record_same(record->current, id);

	if (!record_has(id) || tries == 0)
		return err_set(err, -EINVAL, "no image, or no tries");
	if (is_current && !record_has(record->candidate))
		return err_set(err, -EEXIST, "is the current image already");
	drop_candidate(record);
	/* It is given another chance: what it did the last time says no more. */
	if (record_same(record->failed, id))
		forget_failed(record);
	if (is_current)
		return 0;
	memcpy(record->candidate, id, RECORD_ID_SIZE);
	record->tries_left = tries;
	record->tries_initial = tries;
	return 0;
}

int transition_confirm(struct record *record, const uint8_t running[RECORD_ID_SIZE],
		       uint64_t floor, struct err *err)
{
	if (record_has(running) && record_same(record->current, running))
		return err_set(err, -EALREADY, "is confirmed already");
	if (!record_has(running) || !record_same(record->candidate, running))
		return err_set(err, -EPERM, "what runs is not the candidate");
	/* Behind the factory's image there may be no current one. */
	if (record_has(record->current))
		memcpy(record->previous, record->current, RECORD_ID_SIZE);
	else if (record_same(record->previous, running))
		memset(record->previous, 0, RECORD_ID_SIZE);
	memcpy(record->current, running, RECORD_ID_SIZE);
	drop_candidate(record);
	if (floor > record->floor)
		record->floor = floor;
	return 0;
}

int transition_rollback(struct record *record, uint64_t previous_serial, struct err *err)
{
	uint8_t id[RECORD_ID_SIZE];

	if (record_has(record->candidate))
		return transition_reject(record, err);
	if (!record_has(record->previous))
		return err_set(err, -ENOENT, "there is no previous image");
	if (previous_serial < record->floor)
		return err_set(err, -ESTALE,
			       "serial %" PRIu64 " is below the rollback floor %" PRIu64,
			       previous_serial, record->floor);
	memcpy(id, record->current, RECORD_ID_SIZE);
	memcpy(record->current, record->previous, RECORD_ID_SIZE);
	memcpy(record->previous, id, RECORD_ID_SIZE);
	return 0;
}

int transition_reject(struct record *record, struct err *err)
{
	if (!record_has(record->candidate))
		return err_set(err, -ENOENT, "there is no candidate");
	transition_fall(record, RECORD_REASON_REJECTED);
	return 0;
}

int transition_reboot(struct record *record, const uint8_t running[RECORD_ID_SIZE])
{
	if (!record_has(running) || !record_same(record->candidate, running) ||
	    record->reboot_spent || record->tries_left >= record->tries_initial)
		return 0;
	record->tries_left++;
	record->reboot_spent = true;
	return 1;
}

void transition_reset(struct record *record, bool factory)
{
	drop_candidate(record);
	forget_failed(record);
	if (!factory)
		return;
	memset(record->current, 0, RECORD_ID_SIZE);
	memset(record->previous, 0, RECORD_ID_SIZE);
}

void transition_rebuild(const uint8_t (*ids)[RECORD_ID_SIZE], size_t count, uint8_t tries,
			struct record *record)
{
	if (count > 1) {
		memcpy(record->candidate, *ids++, RECORD_ID_SIZE);
		record->tries_left = tries ? tries : 1;
		record->tries_initial = record->tries_left;
		count--;
	}
	if (count > 0)
		memcpy(record->current, ids[0], RECORD_ID_SIZE);
	if (count > 1)
		memcpy(record->previous, ids[1], RECORD_ID_SIZE);
}

void transition_keep(struct record *record, const uint8_t running[RECORD_ID_SIZE])
{
	/* either way the current one becomes the previous one */
	if (record_same(record->candidate, running)) {
		(void)transition_confirm(record, running, 0, NULL);
	} else if (record_same(record->previous, running)) {
		memcpy(record->previous, record->current, RECORD_ID_SIZE);
		memcpy(record->current, running, RECORD_ID_SIZE);
	}
}
