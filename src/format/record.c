/* SPDX-License-Identifier: Apache-2.0 */
#include "format/record.h"

#include <errno.h>
#include <string.h>

#include "base/le.h"
#include "base/str.h"

/* Offsets, as lamina-record(5) tells them: in every version what is before the reserved
 * bytes, and the checksum, are where they are. */
enum {
	AT_MAGIC = 0,
	AT_VERSION = 8, /* of 4 bytes */
	AT_SIZE = 12,	/* of 4 bytes */
	AT_SEQ = 16,	/* of 8 bytes */
	AT_BOOTS = 24,	/* of 4 bytes */
	AT_TRIES_LEFT = 28,
	AT_TRIES_INITIAL = 29,
	AT_FLAGS = 30,
	AT_REASON = 31,
	AT_CURRENT = 32,
	AT_PREVIOUS = 64,
	AT_CANDIDATE = 96,
	AT_FAILED = 128,
	AT_FLOOR = 160, /* of 8 bytes */
	AT_RESERVED = 168,
	AT_TOLD = AT_RESERVED + RECORD_RESERVED_SIZE,
};

#define VERSION 1
#define FLAG_REBOOT_SPENT 0x01

static const char magic[AT_VERSION + 1] = "laminaAB";

const char *record_reason_words(enum record_reason reason)
{
	static const char *const words[RECORD_REASON_COUNT] = {
		[RECORD_REASON_NONE] = "none",
		[RECORD_REASON_SIGNATURE] = "signature",
		[RECORD_REASON_INCOMPATIBLE] = "incompatible",
		[RECORD_REASON_FLOOR] = "below floor",
		[RECORD_REASON_MISSING] = "missing",
		[RECORD_REASON_CORRUPT] = "corrupt",
		[RECORD_REASON_MOUNT] = "mount failed",
		[RECORD_REASON_TRIES] = "tries used up",
		[RECORD_REASON_WATCHDOG] = "watchdog",
		[RECORD_REASON_PANIC] = "panic",
		[RECORD_REASON_REJECTED] = "rejected",
		[RECORD_REASON_ENDED] = "the application failed",
		[RECORD_REASON_UNHEALTHY] = "the application is unhealthy",
		[RECORD_REASON_BOOT] = "boot: never reached init",
		[RECORD_REASON_SLOT] = "boot slot",
	};

	return reason < RECORD_REASON_COUNT ? words[reason] : "unknown";
}

/* The first bytes of the image's id, then lines. */
#define TOLD_OF (RECORD_TOLD_SIZE - RECORD_WORDS_SIZE)
#define CHECK_MAX 80

static void add_line(struct str *s, const char *text, size_t most)
{
	for (size_t i = 0; text[i] && i < most; i++)
		str_add_bytes(s, (unsigned char)text[i] < ' ' ? " " : text + i, 1);
	str_add(s, "\n");
}

void record_tell(struct record *record, const struct record_words *words)
{
	char text[RECORD_WORDS_SIZE + 1] = "";
	struct str s;

	memset(record->told, 0, sizeof(record->told));
	if (!digest_is_set(&record->failed))
		return;
	str_init(&s, text, sizeof(text));
	add_line(&s, words->name, SIZE_MAX);
	add_line(&s, words->version, SIZE_MAX);
	add_line(&s, words->check, CHECK_MAX);
	add_line(&s, words->why, SIZE_MAX);
	memcpy(record->told, record->failed.bytes, TOLD_OF);
	memcpy(record->told + TOLD_OF, text, RECORD_WORDS_SIZE);
}

void record_told(const struct record *record, struct record_words *ret_words)
{
	const char **const lines[] = { &ret_words->name, &ret_words->version,
				       &ret_words->check, &ret_words->why };
	char *at = ret_words->text;

	memcpy(at, record->told + TOLD_OF, RECORD_WORDS_SIZE);
	at[RECORD_WORDS_SIZE] = '\0';
	if (!digest_is_set(&record->failed) ||
	    memcmp(record->told, record->failed.bytes, TOLD_OF) != 0)
		*at = '\0';
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char *end = at + strcspn(at, "\n");

		*lines[i] = at;
		at = *end ? end + 1 : end;
		*end = '\0';
	}
}

void record_encode(const struct record *record, uint8_t ret_bytes[RECORD_SIZE])
{
	memset(ret_bytes, 0, RECORD_SIZE);
	memcpy(ret_bytes + AT_MAGIC, magic, AT_VERSION);
	le_put(ret_bytes + AT_VERSION, VERSION, 4);
	le_put(ret_bytes + AT_SIZE, RECORD_SIZE, 4);
	le_put(ret_bytes + AT_SEQ, record->seq, 8);
	le_put(ret_bytes + AT_BOOTS, record->boots, 4);
	ret_bytes[AT_TRIES_LEFT] = record->tries_left;
	ret_bytes[AT_TRIES_INITIAL] = record->tries_initial;
	ret_bytes[AT_FLAGS] = record->other_flags & ~FLAG_REBOOT_SPENT;
	ret_bytes[AT_FLAGS] |= record->reboot_spent ? FLAG_REBOOT_SPENT : 0;
	ret_bytes[AT_REASON] = (uint8_t)record->reason;
	memcpy(ret_bytes + AT_CURRENT, record->current.bytes, DIGEST_SIZE);
	memcpy(ret_bytes + AT_PREVIOUS, record->previous.bytes, DIGEST_SIZE);
	memcpy(ret_bytes + AT_CANDIDATE, record->candidate.bytes, DIGEST_SIZE);
	memcpy(ret_bytes + AT_FAILED, record->failed.bytes, DIGEST_SIZE);
	le_put(ret_bytes + AT_FLOOR, record->floor, 8);
	memcpy(ret_bytes + AT_RESERVED, record->reserved, RECORD_RESERVED_SIZE);
	memcpy(ret_bytes + AT_TOLD, record->told, RECORD_TOLD_SIZE);
}

static void take_fields(const uint8_t bytes[RECORD_SIZE], struct record *ret_record)
{
	ret_record->seq = le_get(bytes + AT_SEQ, 8);
	ret_record->boots = (uint32_t)le_get(bytes + AT_BOOTS, 4);
	ret_record->tries_left = bytes[AT_TRIES_LEFT];
	ret_record->tries_initial = bytes[AT_TRIES_INITIAL];
	ret_record->reboot_spent = bytes[AT_FLAGS] & FLAG_REBOOT_SPENT;
	ret_record->other_flags = bytes[AT_FLAGS] & (uint8_t)~FLAG_REBOOT_SPENT;
	ret_record->reason = bytes[AT_REASON];
	memcpy(ret_record->current.bytes, bytes + AT_CURRENT, DIGEST_SIZE);
	memcpy(ret_record->previous.bytes, bytes + AT_PREVIOUS, DIGEST_SIZE);
	memcpy(ret_record->candidate.bytes, bytes + AT_CANDIDATE, DIGEST_SIZE);
	memcpy(ret_record->failed.bytes, bytes + AT_FAILED, DIGEST_SIZE);
	ret_record->floor = le_get(bytes + AT_FLOOR, 8);
	memcpy(ret_record->reserved, bytes + AT_RESERVED, RECORD_RESERVED_SIZE);
	memcpy(ret_record->told, bytes + AT_TOLD, RECORD_TOLD_SIZE);
}

/* What can't be, although the checksum holds: whoever wrote it was not Lamina. Not what is
 * only unknown, such as a reason or a flag: that was a later one. */
static const char *find_fault(const struct record *record)
{
	if (digest_is_set(&record->failed) != (record->reason != RECORD_REASON_NONE))
		return "failed image and reason don't fit";
	if (record->tries_left > record->tries_initial)
		return "more tries left than there were";
	if (digest_is_set(&record->candidate) != (record->tries_initial != 0))
		return "candidate and tries don't fit";
	if (record->reboot_spent && !digest_is_set(&record->candidate))
		return "a reboot spent without a candidate";
	return NULL;
}

/* As a file is made, and a partition is wiped. */
static bool is_blank(const uint8_t bytes[RECORD_SIZE])
{
	size_t at = 0;

	while (at < RECORD_SIZE && bytes[at] == 0)
		at++;
	return at == RECORD_SIZE;
}

int record_decode(const uint8_t bytes[RECORD_SIZE], struct record *ret_record,
		  struct err *err)
{
	uint32_t version = (uint32_t)le_get(bytes + AT_VERSION, 4);
	uint8_t again[RECORD_SIZE];
	struct record record = { 0 };
	const char *fault;

	if (is_blank(bytes))
		return err_set(err, -ENODATA, "no boot record");
	if (memcmp(bytes + AT_MAGIC, magic, AT_VERSION) != 0)
		return err_set(err, -EBADMSG, "boot record: not one");
	take_fields(bytes, &record);
	if (version > VERSION) {
		*ret_record = record;
		return err_set(err, -ENOTSUP,
			       "boot record of version %u, %d is understood",
			       (unsigned int)version, VERSION);
	}
	fault = find_fault(&record);
	if (fault)
		return err_set(err, -EBADMSG, "boot record: %s", fault);
	/* What would be written is what must be there: version and size. */
	record_encode(&record, again);
	if (memcmp(again, bytes, RECORD_SUM_OFFSET) != 0)
		return err_set(err, -EBADMSG, "boot record: not as version 1 has it");
	*ret_record = record;
	return 0;
}

uint64_t record_seq(const uint8_t bytes[RECORD_SIZE])
{
	return le_get(bytes + AT_SEQ, 8);
}

bool record_is_later(uint64_t seq, uint64_t than)
{
	return seq != than && seq - than <= INT64_MAX;
}

static bool is_whole(const struct record_copy *copy)
{
	return copy->r == 0 || copy->r == -ENOTSUP;
}

size_t record_newest(const struct record_copy copies[RECORD_COPIES])
{
	if (!is_whole(&copies[0]) && !is_whole(&copies[1]))
		return RECORD_COPIES;
	if (!is_whole(&copies[1]))
		return 0;
	return !is_whole(&copies[0]) || record_is_later(copies[1].seq, copies[0].seq);
}

size_t record_first(const struct record_copy copies[RECORD_COPIES])
{
	return record_newest(copies) == 0 ? 1 : 0;
}
