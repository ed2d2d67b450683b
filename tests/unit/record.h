/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Records for tests: an image is one letter, its id 32 times that letter. */
#include "bytes.h"
#include "format/record.h"

static inline const struct digest *id_of(char letter)
{
	static struct digest ids[4];
	static unsigned int next;
	struct digest *id = &ids[next++ % 4];

	memset(id, letter == '-' ? 0 : letter, sizeof(*id));
	return id;
}

/* "CPZF": current, previous, candidate, failed; '-' for none. Three tries, all left. */
static inline struct record record_of(const char *letters)
{
	struct record record = { .seq = 7 };

	record.current = *id_of(letters[0]);
	record.previous = *id_of(letters[1]);
	record.candidate = *id_of(letters[2]);
	record.failed = *id_of(letters[3]);
	record.tries_left = record.tries_initial = letters[2] == '-' ? 0 : 3;
	record.reason = letters[3] == '-' ? RECORD_REASON_NONE : RECORD_REASON_CORRUPT;
	return record;
}

static inline char letter_of(const struct digest *id)
{
	return digest_is_set(id) ? (char)id->bytes[0] : '-';
}

/* The letters again, and that it can be written and read. */
static inline void assert_record(const struct record *record, const char *letters)
{
	const char got[] = { letter_of(&record->current), letter_of(&record->previous),
			     letter_of(&record->candidate), letter_of(&record->failed),
			     '\0' };
	uint8_t bytes[RECORD_SIZE];
	struct err err = ERR_INIT;
	struct record back;

	assert_string_equal(got, letters);
	record_encode(record, bytes);
	assert_refused(record_decode(bytes, &back, &err), 0, err, "");
}
