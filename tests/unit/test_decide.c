/* SPDX-License-Identifier: Apache-2.0 */
/* The table of decisions. What follows from it over many boots: test_decide-model.c. */
#include <errno.h>

#include "boot/decide.h"
#include "unit/record.h"

static const char slots[] = "ZCPF-"; /* in the order of enum decide_slot; '-': none */

struct row {
	const char *from;
	int tries_left;
	enum cmdline_use use;
	bool factory, unwritable;
	const char *fallen; /* slots, all for RECORD_REASON_CORRUPT */
	char slot;
	const char *to; /* NULL: nothing to write */
	enum record_reason reason;
	enum record_reason last_end;
};

static void check(const struct row *row)
{
	struct decide d = { .record = record_of(row->from),
			    .use = row->use,
			    .has_factory = row->factory,
			    .writable = !row->unwritable,
			    .last_end = row->last_end };
	struct decision got;

	d.record.tries_left = (uint8_t)row->tries_left;
	for (const char *at = row->fallen; at && *at; at++)
		d.fallen[strchr(slots, *at) - slots] = RECORD_REASON_CORRUPT;
	memset(&got, 0x5a, sizeof(got));
	decide_next(&d, &got);
	assert_int_equal(slots[got.slot], row->slot);
	assert_int_equal(got.write, row->to != NULL);
	if (!row->to)
		return;
	assert_record(&got.record, row->to);
	assert_int_equal(got.record.seq, d.record.seq);
	if (got.slot == DECIDE_CANDIDATE) {
		assert_int_equal(got.record.tries_left, row->tries_left - 1);
		assert_int_equal(got.record.boots, d.record.boots + 1);
	} else {
		assert_int_equal(got.record.reason, row->reason);
		assert_int_equal(got.record.boots, d.record.boots);
	}
}

#define CHECK(rows)                                                           \
	do {                                                                  \
		for (size_t i = 0; i < sizeof(rows) / sizeof((rows)[0]); i++) \
			check(&(rows)[i]);                                    \
	} while (0)

/* Never a write, whatever falls. */
static void confirmed(void **state)
{
	static const struct row rows[] = {
		{ .from = "CP--", .slot = 'C' },
		{ .from = "CP-F", .slot = 'C', .last_end = RECORD_REASON_PANIC },
		{ .from = "CP--", .fallen = "C", .slot = 'P' },
		{ .from = "CP--", .fallen = "CP", .slot = '-' },
		{ .from = "CP--", .fallen = "CP", .factory = true, .slot = 'F' },
		{ .from = "CP--", .fallen = "CPF", .factory = true, .slot = '-' },
		{ .from = "C---", .fallen = "C", .slot = '-' },
		{ .from = "-P--", .slot = 'P' },
		{ .from = "----", .slot = '-' },
		{ .from = "----", .factory = true, .slot = 'F' },
		{ .from = "CP--", .unwritable = true, .slot = 'C' },
		/* a candidate that fell and is off the record already */
		{ .from = "CP-Z", .fallen = "Z", .slot = 'C' },
	};

	(void)state;
	CHECK(rows);
}

static void trying(void **state)
{
	static const struct row rows[] = {
		{ .from = "CPZ-", .tries_left = 3, .slot = 'Z', .to = "CPZ-" },
		{ .from = "CPZ-", .tries_left = 1, .slot = 'Z', .to = "CPZ-" },
		/* how the last run ended matters to the last try only */
		{ .from = "CPZF",
		  .tries_left = 1,
		  .slot = 'Z',
		  .to = "CPZF",
		  .last_end = RECORD_REASON_PANIC },
		{ .from = "--Z-", .tries_left = 1, .slot = 'Z', .to = "--Z-" },
		{ .from = "CPZ-",
		  .slot = 'C',
		  .to = "CP-Z",
		  .reason = RECORD_REASON_TRIES },
		{ .from = "CPZF",
		  .slot = 'C',
		  .to = "CP-Z",
		  .reason = RECORD_REASON_WATCHDOG,
		  .last_end = RECORD_REASON_WATCHDOG },
		{ .from = "CPZ-",
		  .slot = 'C',
		  .to = "CP-Z",
		  .reason = RECORD_REASON_PANIC,
		  .last_end = RECORD_REASON_PANIC },
		{ .from = "--Z-",
		  .factory = true,
		  .slot = 'F',
		  .to = "---Z",
		  .reason = RECORD_REASON_TRIES },
		{ .from = "--Z-",
		  .slot = '-',
		  .to = "---Z",
		  .reason = RECORD_REASON_TRIES },
	};

	(void)state;
	CHECK(rows);
}

static void a_candidate_that_fell(void **state)
{
	static const struct row rows[] = {
		{ .from = "CPZ-",
		  .tries_left = 2,
		  .fallen = "Z",
		  .slot = 'C',
		  .to = "CP-Z",
		  .reason = RECORD_REASON_CORRUPT,
		  .last_end = RECORD_REASON_PANIC },
		{ .from = "CPZ-",
		  .tries_left = 2,
		  .fallen = "ZC",
		  .slot = 'P',
		  .to = "CP-Z",
		  .reason = RECORD_REASON_CORRUPT },
		/* as candidate it fell, but it was good once */
		{ .from = "CPP-",
		  .fallen = "C",
		  .slot = 'P',
		  .to = "CP-P",
		  .reason = RECORD_REASON_TRIES },
	};

	(void)state;
	CHECK(rows);
}

/* Uncounted, a candidate would be started for ever. */
static void unwritable(void **state)
{
	static const struct row rows[] = {
		{ .from = "CPZ-", .tries_left = 3, .unwritable = true, .slot = 'C' },
		{ .from = "CPZ-", .unwritable = true, .slot = 'C' },
		{ .from = "CPZ-",
		  .tries_left = 3,
		  .unwritable = true,
		  .fallen = "Z",
		  .slot = 'C' },
		{ .from = "CPZ-",
		  .tries_left = 3,
		  .unwritable = true,
		  .fallen = "C",
		  .slot = 'P' },
		{ .from = "--Z-", .tries_left = 3, .unwritable = true, .slot = '-' },
	};

	(void)state;
	CHECK(rows);
}

static void another_than_the_current(void **state)
{
#define PREVIOUS .use = CMDLINE_USE_PREVIOUS
#define FACTORY .use = CMDLINE_USE_FACTORY
	static const struct row rows[] = {
		{ .from = "CP--", PREVIOUS, .slot = 'P' },
		{ .from = "C---", PREVIOUS, .slot = '-' },
		{ .from = "C---", PREVIOUS, .factory = true, .slot = 'F' },
		{ .from = "CP--", PREVIOUS, .fallen = "P", .slot = '-' },
		{ .from = "CPZ-", PREVIOUS, .tries_left = 3, .slot = 'C' },
		{ .from = "CPZ-", PREVIOUS, .tries_left = 0, .slot = 'C' },
		{ .from = "CPZ-", PREVIOUS, .tries_left = 3, .fallen = "C", .slot = 'P' },
		{ .from = "CPZ-", FACTORY, .tries_left = 3, .slot = '-' },
		{ .from = "CPZ-", FACTORY, .factory = true, .slot = 'F' },
		{ .from = "CP--", FACTORY, .factory = true, .fallen = "F", .slot = '-' },
	};

	(void)state;
	CHECK(rows);
}

/* Of candidates ever started: it stops at the end rather than start over. */
static void the_count_of_boots(void **state)
{
	struct decide d = { .record = record_of("CPZ-"), .writable = true };
	struct decision got;

	(void)state;
	d.record.boots = UINT32_MAX;
	decide_next(&d, &got);
	assert_int_equal(got.slot, DECIDE_CANDIDATE);
	assert_true(got.record.boots == UINT32_MAX);
}

/* Whatever is asked: with one more slot fallen each time, it ends. */
static void always_ends(void **state)
{
	static const char *const records[] = { "CPZ-", "CPP-", "CCC-", "----", "--Z-" };

	(void)state;
	for (unsigned int i = 0; i < 5 * 3 * 2 * 2 * 2; i++) {
		struct decide d = { .record = record_of(records[i % 5]),
				    .use = i / 5 % 3,
				    .has_factory = i / 15 % 2,
				    .writable = i / 30 % 2 };
		struct decision got;
		int asked = 0;

		if (i / 60 % 2)
			d.record.tries_left = 0;
		for (decide_next(&d, &got); got.slot != DECIDE_NONE;
		     decide_next(&d, &got)) {
			assert_true(d.fallen[got.slot] == RECORD_REASON_NONE);
			d.fallen[got.slot] = RECORD_REASON_MOUNT;
			assert_true(++asked <= 4);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(confirmed),
		cmocka_unit_test(trying),
		cmocka_unit_test(a_candidate_that_fell),
		cmocka_unit_test(unwritable),
		cmocka_unit_test(another_than_the_current),
		cmocka_unit_test(the_count_of_boots),
		cmocka_unit_test(always_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
