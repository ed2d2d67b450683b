/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include <errno.h>

#include "boot/transition.h"
#include "format/record.h"

/* Every field another value, so that no two can be mixed up. */
static const struct record full = {
	.seq = 0x0102030405060708,
	.boots = 0x11121314,
	.current = { { 0xc0, [31] = 0xc1 } },
	.previous = { { 0xb0, [31] = 0xb1 } },
	.candidate = { { 0xa0, [31] = 0xa1 } },
	.failed = { { 0xf0, [31] = 0xf1 } },
	.tries_left = 2,
	.tries_initial = 3,
	.reboot_spent = true,
	.reason = RECORD_REASON_PANIC,
	.floor = 0x2122232425262728,
	.other_flags = 0x80,
	.reserved = { 0x48, 0x47, [RECORD_RESERVED_SIZE - 1] = 0x46 },
	.told = { 0x38, [8] = 0x37, [RECORD_TOLD_SIZE - 1] = 0x34 },
};

/* What lamina-record(5) says of `full`, where it is not zero. */
static const struct {
	size_t at;
	const char *bytes;
	size_t size;
} golden[] = {
	{ 0, SIZED("laminaAB") },
	{ 8, SIZED("\1\0\0\0") },
	{ 12, SIZED("\0\2\0\0") },
	{ 16, SIZED("\x08\x07\x06\x05\x04\x03\x02\x01") },
	{ 24, SIZED("\x14\x13\x12\x11") },
	{ 28, SIZED("\2\3\x81\x09") },
	{ 32, SIZED("\xc0") },
	{ 63, SIZED("\xc1\xb0") },
	{ 95, SIZED("\xb1\xa0") },
	{ 127, SIZED("\xa1\xf0") },
	{ 159, SIZED("\xf1\x28\x27\x26\x25\x24\x23\x22\x21") },
	{ 168, SIZED("\x48\x47") },
	{ 247, SIZED("\x46\x38") },
	{ 256, SIZED("\x37") },
	{ 495, SIZED("\x34") },
};

static void assert_same_record(const struct record *a, const struct record *b)
{
	uint8_t bytes_a[RECORD_SIZE], bytes_b[RECORD_SIZE];

	record_encode(a, bytes_a);
	record_encode(b, bytes_b);
	assert_memory_equal(bytes_a, bytes_b, RECORD_SIZE);
}

static void the_bytes(void **state)
{
	uint8_t bytes[RECORD_SIZE], expected[RECORD_SIZE] = { 0 };
	struct err err = ERR_INIT;
	struct record back;

	(void)state;
	for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); i++)
		memcpy(expected + golden[i].at, golden[i].bytes, golden[i].size);
	memset(bytes, 0x5a, sizeof(bytes));
	record_encode(&full, bytes);
	assert_memory_equal(bytes, expected, RECORD_SIZE);
	assert_refused(record_decode(bytes, &back, &err), 0, err, "");
	assert_same_record(&back, &full);
	assert_true(back.reboot_spent && back.reason == RECORD_REASON_PANIC);
	assert_int_equal(back.seq, full.seq);
	assert_int_equal(back.other_flags, full.other_flags);
	assert_true(record_seq(bytes) == full.seq);
}

static void assert_told(const struct record *record, const char *name,
			const char *version, const char *check, const char *why)
{
	struct record_words words;

	record_told(record, &words);
	assert_string_equal(words.name, name);
	assert_string_equal(words.version, version);
	assert_string_equal(words.check, check);
	assert_string_equal(words.why, why);
}

static void what_is_told(void **state)
{
	char check[300], why[300], expected[RECORD_WORDS_SIZE + 1];
	struct record record = { .failed = { { 0xf0, [7] = 0xf1, [31] = 0xf2 } },
				 .reason = RECORD_REASON_ENDED };
	struct record_words words = { "thermostat", "1.4", "no\troute\n",
				      "after 3 starts", "" };

	(void)state;
	assert_told(&record, "", "", "", "");
	record_tell(&record, &words);
	assert_told(&record, "thermostat", "1.4", "no route ", "after 3 starts");
	/* an older init lets another image fall, and keeps what it does not know */
	record.failed.bytes[7] = 0;
	assert_told(&record, "", "", "", "");
	/* what is too long is cut off */
	memset(check, 'c', sizeof(check));
	memset(why, 'w', sizeof(why));
	check[sizeof(check) - 1] = why[sizeof(why) - 1] = '\0';
	words.check = check;
	words.why = why;
	record_tell(&record, &words);
	(void)snprintf(expected, sizeof(expected), "%.*s",
		       RECORD_WORDS_SIZE - (int)strlen("thermostat\n1.4\n\n") - 80, why);
	check[80] = '\0';
	assert_told(&record, "thermostat", "1.4", check, expected);
	/* of a candidate that is tried again, and of nothing, nothing is left */
	assert_int_equal(transition_install(&record, &record.failed, 3, NULL), 0);
	assert_int_equal(record.told[0] | record.told[8], 0);
	record_tell(&record, &words);
	assert_int_equal(record.told[0] | record.told[8], 0);
}

static void an_empty_record(void **state)
{
	struct record empty = { 0 }, back;
	uint8_t bytes[RECORD_SIZE];

	(void)state;
	record_encode(&empty, bytes);
	assert_int_equal(record_decode(bytes, &back, NULL), 0);
	assert_same_record(&back, &empty);
}

/* Whatever bit flips: it is refused, or what it says is what it writes. The checksum's
 * own bytes are the store's. */
static void flipped_bits(void **state)
{
	uint8_t bytes[RECORD_SIZE], again[RECORD_SIZE];
	struct record back;

	(void)state;
	record_encode(&full, bytes);
	for (size_t bit = 0; bit < 8 * RECORD_SIZE; bit++) {
		struct err err = ERR_INIT;
		size_t at = bit / 8;
		int r;

		bytes[at] ^= (uint8_t)(1 << bit % 8);
		r = record_decode(bytes, &back, &err);
		if (at < 8)
			assert_int_equal(r, -EBADMSG);
		else if (at < 12)
			assert_int_equal(r, bit == 64 ? -EBADMSG : -ENOTSUP);
		else if (at < 16)
			assert_int_equal(r, -EBADMSG);
		else if (at == 30 || (at >= 168 && at < RECORD_SUM_OFFSET))
			assert_int_equal(r, 0);
		if (r < 0) {
			assert_true(err.text[0]);
		} else {
			record_encode(&back, again);
			assert_memory_equal(again, bytes, RECORD_SUM_OFFSET);
		}
		bytes[at] ^= (uint8_t)(1 << bit % 8);
	}
}

/* A sector is written whole or not at all; should it be cut all the same, the old bytes
 * or zeros behind the cut: the checksum tells, and no cut is taken for something else. */
static void truncations(void **state)
{
	uint8_t bytes[RECORD_SIZE], cut[RECORD_SIZE];
	struct record back;

	(void)state;
	record_encode(&full, bytes);
	for (size_t size = 0; size < RECORD_SIZE; size++) {
		struct err err = ERR_INIT;
		int r;

		memset(cut, 0, sizeof(cut));
		memcpy(cut, bytes, size);
		r = record_decode(cut, &back, &err);
		if (size == 0)
			assert_int_equal(r, -ENODATA);
		else if (size < 14)
			assert_int_equal(r, -EBADMSG);
		assert_int_equal(r == 0, !err.text[0]);
	}
}

static void what_can_t_be(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *words;
	} cases[] = {
		{ 31, 0, "boot record: failed image and reason don't fit" },
		{ 28, 4, "boot record: more tries left than there were" },
		{ 12, 1, "boot record: not as version 1 has it" },
		{ 8, 0, "boot record: not as version 1 has it" },
	};
	uint8_t bytes[RECORD_SIZE];
	struct record back;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;

		record_encode(&full, bytes);
		bytes[cases[i].at] = cases[i].value;
		assert_refused(record_decode(bytes, &back, &err), -EBADMSG, err,
			       cases[i].words);
	}
}

static void candidate_and_tries(void **state)
{
	struct err err = ERR_INIT;
	struct record record = full, back;
	uint8_t bytes[RECORD_SIZE];

	(void)state;
	record.candidate = (struct digest){ 0 };
	record_encode(&record, bytes);
	assert_refused(record_decode(bytes, &back, &err), -EBADMSG, err,
		       "boot record: candidate and tries don't fit");
	record.tries_left = record.tries_initial = 0;
	record_encode(&record, bytes);
	assert_refused(record_decode(bytes, &back, &err), -EBADMSG, err,
		       "boot record: a reboot spent without a candidate");
	record = full;
	record.failed = (struct digest){ 0 };
	record_encode(&record, bytes);
	assert_refused(record_decode(bytes, &back, &err), -EBADMSG, err,
		       "boot record: failed image and reason don't fit");
}

/* A later writer of this version: every flag, byte and reason that this one does not know
 * is written again as it was found, whatever else changes. */
static void a_later_writer(void **state)
{
	uint8_t bytes[RECORD_SIZE], again[RECORD_SIZE];
	struct err err = ERR_INIT;
	struct record back;

	(void)state;
	record_encode(&full, bytes);
	bytes[30] = 0xff;
	bytes[31] = RECORD_REASON_COUNT + 7;
	memset(bytes + 168, 0xa5, RECORD_SUM_OFFSET - 168);
	assert_refused(record_decode(bytes, &back, &err), 0, err, "");
	assert_memory_equal(back.current.bytes, full.current.bytes, DIGEST_SIZE);
	assert_string_equal(record_reason_words(back.reason), "unknown");
	record_encode(&back, again);
	assert_memory_equal(again, bytes, RECORD_SUM_OFFSET);
	assert_int_equal(transition_confirm(&back, &full.candidate, 9, &err), 0);
	record_encode(&back, again);
	assert_int_equal(again[30], 0xfe);
	/* but for what says that it was to be tried by another kernel, and how often that of
	 * the current one was asked for */
	assert_int_equal(again[168], 0xa4);
	assert_int_equal(again[169], 0);
	assert_memory_equal(again + 170, bytes + 170, RECORD_SUM_OFFSET - 170);
}

static const struct digest boots[] = { { { 1, [7] = 2 } }, { { 3, [7] = 4 } } };

/* What lamina-record(5) says of boot slots. */
static void the_bytes_of_slots(void **state)
{
	struct record record = full;
	uint8_t bytes[RECORD_SIZE], expected[42] = { 0x80 | 1, 2 };

	(void)state;
	memset(record.reserved, 0, sizeof(record.reserved));
	record.reserved[0] = 0x80; /* a later writer's */
	record_arm(&record, true);
	record_set_repairs(&record, 2);
	record_slot_put(&record, &full.current, BOOT_SLOT_A, &boots[0]);
	record_slot_put(&record, &full.candidate, BOOT_SLOT_B, &boots[1]);
	memcpy(expected + 2, boots[0].bytes, 8);
	memcpy(expected + 10, boots[1].bytes, 8);
	expected[18] = 1;
	memcpy(expected + 19, full.current.bytes, 7);
	expected[26] = 2;
	memcpy(expected + 27, full.candidate.bytes, 7);
	record_encode(&record, bytes);
	assert_memory_equal(bytes + 168, expected, sizeof(expected));
	for (size_t i = 168 + sizeof(expected); i < 248; i++)
		assert_int_equal(bytes[i], 0);
	record_arm(&record, false);
	assert_int_equal(record.reserved[0], 0x80);
}

static void assert_slots(const struct record *record, const char *slots)
{
	const struct digest *images[] = { &record->current, &record->previous,
					  &record->candidate };

	for (size_t i = 0; i < 3; i++)
		assert_int_equal("-ab"[record_slot(record, images[i])], slots[i]);
}

/* They go with the images, whatever these become. */
static void slots_of_images(void **state)
{
	struct record record = full;
	const struct digest other = { { 0xd0 } };

	(void)state;
	memset(record.reserved, 0, sizeof(record.reserved));
	assert_slots(&record, "---");
	assert_false(record_slot_holds(&record, BOOT_SLOT_NONE, &boots[0]));
	record_slot_put(&record, &record.current, BOOT_SLOT_A, &boots[0]);
	record_slot_put(&record, &record.previous, BOOT_SLOT_B, &boots[1]);
	assert_slots(&record, "ab-");
	assert_true(record_slot_holds(&record, BOOT_SLOT_A, &boots[0]));
	assert_false(record_slot_holds(&record, BOOT_SLOT_B, &boots[0]));
	/* the same kernel: both have it */
	record_slot_put(&record, &record.candidate, BOOT_SLOT_A, &boots[0]);
	assert_slots(&record, "aba");
	record_slot_clear(&record, BOOT_SLOT_A);
	assert_slots(&record, "-b-");
	assert_false(record_slot_holds(&record, BOOT_SLOT_A, &boots[0]));
	record_slot_put(&record, &record.current, BOOT_SLOT_A, &boots[0]);
	record_slot_put(&record, &record.candidate, BOOT_SLOT_A, &boots[0]);
	assert_slots(&record, "aba");
	/* another is written: whoever had it there has none */
	record_slot_put(&record, &record.candidate, BOOT_SLOT_B, &boots[0]);
	assert_slots(&record, "a-b");
	assert_int_equal(transition_confirm(&record, &record.candidate, 0, NULL), 0);
	assert_slots(&record, "ba-");
	assert_int_equal(transition_rollback(&record, record.floor, NULL), 0);
	assert_slots(&record, "ab-");
	/* the next one takes the place of a candidate, and of nobody else */
	record.candidate = full.failed;
	record.tries_initial = 1;
	record_slot_put(&record, &record.candidate, BOOT_SLOT_B, &boots[0]);
	assert_slots(&record, "abb");
	record_slot_put(&record, &other, BOOT_SLOT_B, &boots[0]);
	assert_slots(&record, "ab-");
	record.candidate = other;
	assert_slots(&record, "abb");
	/* an older writer has let others in: nothing is said of those */
	record.current = full.failed;
	record.current.bytes[0]++;
	record.previous = record.current;
	record.previous.bytes[0]++;
	assert_slots(&record, "--b");
	/* one slot more than there are is a later writer's */
	for (size_t i = 18; i < 42; i += 8)
		record.reserved[i] = record.reserved[i] ? 3 : 0;
	assert_slots(&record, "---");
	transition_anew(&record);
	for (size_t i = 0; i < RECORD_RESERVED_SIZE; i++)
		assert_int_equal(record.reserved[i], 0);
}

/* Left over by an older program, which lets a candidate go and doesn't know the flag. */
static void armed_without_a_candidate(void **state)
{
	struct record record = full;

	(void)state;
	record_arm(&record, true);
	assert_true(record_is_armed(&record));
	record.candidate = (struct digest){ 0 };
	assert_false(record_is_armed(&record));
}

/* What an older program may know of a newer version: who is confirmed, and the floor. */
static void newer_versions(void **state)
{
	struct err err = ERR_INIT;
	uint8_t bytes[RECORD_SIZE];
	struct record back;

	(void)state;
	record_encode(&full, bytes);
	memset(bytes + 168, 0xff, RECORD_SIZE - 168);
	bytes[8] = 2;
	assert_refused(record_decode(bytes, &back, &err), -ENOTSUP, err,
		       "boot record of version 2, 1 is understood");
	assert_true(record_seq(bytes) == full.seq);
	assert_memory_equal(back.current.bytes, full.current.bytes, DIGEST_SIZE);
	assert_memory_equal(back.previous.bytes, full.previous.bytes, DIGEST_SIZE);
	assert_true(back.floor == full.floor);
	memset(bytes, 0, sizeof(bytes));
	assert_refused(record_decode(bytes, &back, &err), -ENODATA, err,
		       "no boot record");
	bytes[RECORD_SIZE - 1] = 1;
	assert_refused(record_decode(bytes, &back, &err), -EBADMSG, err,
		       "boot record: not one");
}

static void the_words(void **state)
{
	(void)state;
	for (int i = 0; i < RECORD_REASON_COUNT; i++) {
		assert_string_not_equal(record_reason_words(i), "unknown");
		for (int j = 0; j < i; j++)
			assert_string_not_equal(record_reason_words(i),
						record_reason_words(j));
	}
	assert_string_equal(record_reason_words(RECORD_REASON_TRIES), "tries used up");
	assert_string_equal(record_reason_words(RECORD_REASON_COUNT), "unknown");
}

/* Which copy counts and which is written first: every pair there is. */
static void the_copies(void **state)
{
	static const struct {
		struct record_copy copies[RECORD_COPIES];
		size_t newest, first;
	} cases[] = {
		{ { { 0, 5 }, { 0, 5 } }, 0, 1 },
		{ { { 0, 6 }, { 0, 5 } }, 0, 1 },
		{ { { 0, 5 }, { 0, 6 } }, 1, 0 },
		{ { { 0, 5 }, { -EBADMSG, 6 } }, 0, 1 },
		{ { { -EBADMSG, 6 }, { 0, 5 } }, 1, 0 },
		{ { { -EIO, 0 }, { 0, 0 } }, 1, 0 },
		{ { { 0, 0 }, { -ENODATA, 0 } }, 0, 1 },
		{ { { 0, 5 }, { -ENOTSUP, 6 } }, 1, 0 },
		{ { { -ENOTSUP, 5 }, { 0, 6 } }, 1, 0 },
		{ { { -ENOTSUP, 6 }, { 0, 5 } }, 0, 1 },
		{ { { 0, UINT64_MAX }, { 0, 0 } }, 1, 0 },
		{ { { 0, 1 }, { 0, UINT64_MAX } }, 0, 1 },
		{ { { 0, UINT64_MAX }, { 0, UINT64_MAX - 1 } }, 0, 1 },
		{ { { 0, 0 }, { 0, 1ULL << 63 } }, 0, 1 },
		{ { { -EBADMSG, 9 }, { -EIO, 9 } }, RECORD_COPIES, 0 },
		{ { { -ENODATA, 0 }, { -ENODATA, 0 } }, RECORD_COPIES, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(record_newest(cases[i].copies), cases[i].newest);
		assert_int_equal(record_first(cases[i].copies), cases[i].first);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_bytes),
		cmocka_unit_test(an_empty_record),
		cmocka_unit_test(what_is_told),
		cmocka_unit_test(flipped_bits),
		cmocka_unit_test(truncations),
		cmocka_unit_test(what_can_t_be),
		cmocka_unit_test(candidate_and_tries),
		cmocka_unit_test(a_later_writer),
		cmocka_unit_test(newer_versions),
		cmocka_unit_test(the_words),
		cmocka_unit_test(the_copies),
		cmocka_unit_test(the_bytes_of_slots),
		cmocka_unit_test(slots_of_images),
		cmocka_unit_test(armed_without_a_candidate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
