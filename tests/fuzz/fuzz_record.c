/* SPDX-License-Identifier: Apache-2.0 */
/* A record that decodes is the one that is written; whatever it says, deciding comes to
 * an end, and nothing that is done to it makes one that can't be read. */
#include <assert.h>
#include <string.h>

#include "boot/decide.h"
#include "boot/transition.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct record *record)
{
	uint8_t bytes[RECORD_SIZE], again[RECORD_SIZE];
	struct record back;

	record_encode(record, bytes);
	assert(record_decode(bytes, &back, NULL) == 0);
	record_encode(&back, again);
	assert(memcmp(again, bytes, RECORD_SIZE) == 0);
}

static void check_decisions(const struct record *record, unsigned int how)
{
	struct decide d = { .record = *record,
			    .use = how % 3,
			    .has_factory = how & 4,
			    .writable = how & 8,
			    .last_end = how & 16 ? RECORD_REASON_PANIC : 0 };
	struct decision decision;
	int asked = 0;

	for (;;) {
		decide_next(&d, &decision);
		assert(!decision.write || d.writable);
		check(&decision.record);
		assert(decision.record.floor == record->floor);
		assert(digest_equal(&decision.record.current, &record->current));
		if (decision.slot == DECIDE_NONE)
			return;
		/* counted now, or when it was armed */
		assert(decision.slot != DECIDE_CANDIDATE ||
		       decision.record.tries_left + !record_is_armed(&d.record) ==
			       d.record.tries_left);
		assert(++asked <= 4);
		if (how & 32)
			d.record = decision.record;
		d.fallen[decision.slot] = RECORD_REASON_MOUNT;
	}
}

static void check_transitions(const struct record *record, unsigned int how)
{
	const struct digest *ids[] = { &record->current, &record->previous,
				       &record->candidate, &record->failed };
	const struct digest *id = ids[how & 3];
	struct record changed = *record;

	switch (how >> 2 & 7) {
	case 0:
		(void)transition_install(&changed, id, (uint8_t)(how >> 5), NULL);
		break;
	case 1:
		(void)transition_confirm(&changed, id, how, NULL);
		break;
	case 2:
		(void)transition_rollback(&changed, how, NULL);
		break;
	case 3:
		(void)transition_reject(&changed, NULL);
		break;
	case 4:
		(void)transition_reboot(&changed, id);
		break;
	default:
		transition_reset(&changed, how & 1);
	}
	check(&changed);
	assert(changed.floor >= record->floor);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t again[RECORD_SIZE];
	struct err err = ERR_INIT;
	struct record record;

	if (size < RECORD_SIZE)
		return 0;
	if (record_decode(data, &record, &err) < 0) {
		assert(err.text[0]);
		return 0;
	}
	record_encode(&record, again);
	assert(memcmp(again, data, RECORD_SUM_OFFSET) == 0);
	assert(record_seq(data) == record.seq);
	for (size_t i = RECORD_SUM_OFFSET; i < size; i++) {
		check_decisions(&record, data[i]);
		check_transitions(&record, data[i]);
	}
	return 0;
}
