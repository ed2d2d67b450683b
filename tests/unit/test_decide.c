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

/*
 * Of a device with boot slots: which kernel runs, in the letters of the images that it fits
 * (of all others, the letters of @foreign), and in which slots theirs are: "a", "b" or "-" for
 * candidate, current, previous and the factory's.
 */
struct slots_row {
	const char *from, *foreign, *home;
	int tries_left, repairs;
	bool armed, unwritable, factory;
	const char *fallen;
	enum record_reason last_end;
	/* what comes of it */
	char slot;
	enum decide_act act;
	char to_slot;	/* of the boot slot; 0: none */
	const char *to; /* NULL: nothing to write */
	int to_left, to_repairs;
	bool to_armed;
	enum record_reason reason;
};

static struct decide slots_decide(const struct slots_row *row)
{
	struct decide d = { .record = record_of(row->from),
			    .has_factory = row->factory,
			    .writable = !row->unwritable,
			    .last_end = row->last_end };

	d.record.tries_left = (uint8_t)row->tries_left;
	record_arm(&d.record, row->armed);
	record_set_repairs(&d.record, (uint8_t)row->repairs);
	for (const char *at = row->foreign; *at; at++)
		d.foreign[strchr(slots, *at) - slots] = true;
	for (size_t i = 0; row->home[i]; i++)
		d.home[i] = (enum boot_slot)(strchr("-ab", row->home[i]) - "-ab");
	for (const char *at = row->fallen; at && *at; at++)
		d.fallen[strchr(slots, *at) - slots] = RECORD_REASON_CORRUPT;
	return d;
}

static void check_slots(const struct slots_row *row, size_t number)
{
	struct decide d = slots_decide(row);
	struct decision got;

	memset(&got, 0x5a, sizeof(got));
	decide_next(&d, &got);
	if (slots[got.slot] != row->slot || got.act != row->act ||
	    got.write != (row->to != NULL))
		fail_msg("row %zu: slot %c, act %d, write %d", number, slots[got.slot],
			 got.act, got.write);
	assert_int_equal(got.home, row->to_slot ? row->to_slot - 'a' + BOOT_SLOT_A
						: BOOT_SLOT_NONE);
	if (!row->to)
		return;
	assert_record(&got.record, row->to);
	assert_int_equal(got.record.tries_left, row->to_left);
	assert_int_equal(record_repairs(&got.record), row->to_repairs);
	assert_int_equal(record_is_armed(&got.record), row->to_armed);
	if (row->to[3] != '-')
		assert_int_equal(got.record.reason, row->reason);
}

#define CHECK_SLOTS(rows)                                                     \
	do {                                                                  \
		for (size_t i = 0; i < sizeof(rows) / sizeof((rows)[0]); i++) \
			check_slots(&(rows)[i], i);                           \
	} while (0)

/* Without a candidate. */
static void the_current_one_s_kernel(void **state)
{
	static const struct slots_row rows[] = {
		/* the kernel that runs is the current image's: as ever */
		{ .from = "CP--", .foreign = "P", .home = "-ab", .slot = 'C' },
		/* it was asked for before: that is over */
		{ .from = "CP--",
		  .foreign = "P",
		  .home = "-ab",
		  .repairs = 2,
		  .slot = 'C',
		  .to = "CP--" },
		/* the loader is behind, twice */
		{ .from = "CP--",
		  .foreign = "C",
		  .home = "-ab",
		  .slot = 'C',
		  .act = DECIDE_REPAIR,
		  .to_slot = 'a',
		  .to = "CP--",
		  .to_repairs = 1 },
		{ .from = "CP--",
		  .foreign = "C",
		  .home = "-ba",
		  .repairs = 1,
		  .slot = 'C',
		  .act = DECIDE_REPAIR,
		  .to_slot = 'b',
		  .to = "CP--",
		  .to_repairs = 2 },
		/* then it is the slot: the previous image, the record is not touched */
		{ .from = "CP--",
		  .foreign = "C",
		  .home = "-ab",
		  .repairs = 2,
		  .slot = 'P' },
		{ .from = "CP--",
		  .foreign = "C",
		  .home = "-ab",
		  .repairs = 2,
		  .fallen = "P",
		  .factory = true,
		  .slot = 'F' },
		{ .from = "CP--",
		  .foreign = "CP",
		  .home = "-a-",
		  .repairs = 2,
		  .factory = true,
		  .slot = 'F' },
		/* while nothing else would start, asking again loses nothing */
		{ .from = "CP--",
		  .foreign = "CP",
		  .home = "-a-",
		  .repairs = 2,
		  .slot = 'C',
		  .act = DECIDE_REPAIR,
		  .to_slot = 'a',
		  .to = "CP--",
		  .to_repairs = 3 },
		{ .from = "C---",
		  .foreign = "C",
		  .home = "-a",
		  .repairs = 255,
		  .slot = 'C',
		  .act = DECIDE_REPAIR,
		  .to_slot = 'a' },
		/* what can't be counted is not done without need */
		{ .from = "CP--",
		  .foreign = "C",
		  .home = "-ab",
		  .unwritable = true,
		  .slot = 'P' },
		{ .from = "C---",
		  .foreign = "C",
		  .home = "-a",
		  .unwritable = true,
		  .slot = 'C',
		  .act = DECIDE_REPAIR,
		  .to_slot = 'a' },
		/* no slot has it, or the image itself is bad: nothing to ask for */
		{ .from = "CP--", .foreign = "C", .home = "--b", .slot = 'P' },
		{ .from = "CP--",
		  .foreign = "C",
		  .home = "-ab",
		  .fallen = "C",
		  .slot = 'P' },
		{ .from = "CP--", .foreign = "CP", .home = "---", .slot = '-' },
		/* the factory's is for another kernel, too */
		{ .from = "C---",
		  .foreign = "CF",
		  .home = "--",
		  .factory = true,
		  .slot = '-' },
	};

	(void)state;
	CHECK_SLOTS(rows);
}

/* A candidate that this kernel fits: with the current image's, or as another. */
static void a_candidate_s_start(void **state)
{
	static const struct slots_row rows[] = {
		{ .from = "CPZ-",
		  .foreign = "",
		  .home = "aa-",
		  .tries_left = 3,
		  .slot = 'Z',
		  .to = "CPZ-",
		  .to_left = 2 },
		/* armed: counted already, also when it was the last */
		{ .from = "CPZ-",
		  .foreign = "C",
		  .home = "ba-",
		  .tries_left = 2,
		  .armed = true,
		  .slot = 'Z',
		  .to = "CPZ-",
		  .to_left = 2 },
		{ .from = "CPZ-",
		  .foreign = "C",
		  .home = "ba-",
		  .armed = true,
		  .slot = 'Z',
		  .to = "CPZ-" },
		/* not armed: started by hand, or again by a loader that keeps to it */
		{ .from = "CPZ-",
		  .foreign = "C",
		  .home = "ba-",
		  .tries_left = 2,
		  .slot = 'Z',
		  .to = "CPZ-",
		  .to_left = 1 },
		/* it fell: the current one's kernel, of which this is none */
		{ .from = "CPZ-",
		  .foreign = "C",
		  .home = "ba-",
		  .tries_left = 2,
		  .fallen = "Z",
		  .slot = 'C',
		  .act = DECIDE_REPAIR,
		  .to_slot = 'a',
		  .to = "CP-Z",
		  .to_repairs = 1,
		  .reason = RECORD_REASON_CORRUPT },
		{ .from = "CPZ-",
		  .foreign = "C",
		  .home = "ba-",
		  .slot = 'C',
		  .act = DECIDE_REPAIR,
		  .to_slot = 'a',
		  .to = "CP-Z",
		  .to_repairs = 1,
		  .reason = RECORD_REASON_PANIC,
		  .last_end = RECORD_REASON_PANIC },
		/* uncounted no candidate starts, whatever is armed */
		{ .from = "CPZ-",
		  .foreign = "C",
		  .home = "bab",
		  .tries_left = 2,
		  .armed = true,
		  .unwritable = true,
		  .slot = 'P' },
	};

	(void)state;
	CHECK_SLOTS(rows);
}

/* One whose kernel is in the other slot. */
static void a_candidate_s_kernel(void **state)
{
	static const struct slots_row rows[] = {
		{ .from = "CPZ-",
		  .foreign = "Z",
		  .home = "ba-",
		  .tries_left = 3,
		  .slot = 'Z',
		  .act = DECIDE_BOUNCE,
		  .to_slot = 'b',
		  .to = "CPZ-",
		  .to_left = 2,
		  .to_armed = true },
		/* the one before never reached init, or the loader was never told */
		{ .from = "CPZ-",
		  .foreign = "Z",
		  .home = "ab-",
		  .tries_left = 1,
		  .armed = true,
		  .slot = 'Z',
		  .act = DECIDE_BOUNCE,
		  .to_slot = 'a',
		  .to = "CPZ-",
		  .to_armed = true },
		/* and so was the last */
		{ .from = "CPZ-",
		  .foreign = "Z",
		  .home = "ba-",
		  .armed = true,
		  .slot = 'C',
		  .to = "CP-Z",
		  .reason = RECORD_REASON_BOOT },
		{ .from = "CPZ-",
		  .foreign = "Z",
		  .home = "ba-",
		  .armed = true,
		  .last_end = RECORD_REASON_PANIC,
		  .slot = 'C',
		  .to = "CP-Z",
		  .reason = RECORD_REASON_BOOT },
		/* each of them did reach it, and came to an end */
		{ .from = "CPZ-",
		  .foreign = "Z",
		  .home = "ba-",
		  .slot = 'C',
		  .to = "CP-Z",
		  .reason = RECORD_REASON_TRIES },
		{ .from = "CPZ-",
		  .foreign = "Z",
		  .home = "ba-",
		  .last_end = RECORD_REASON_WATCHDOG,
		  .slot = 'C',
		  .to = "CP-Z",
		  .reason = RECORD_REASON_WATCHDOG },
		/* in no slot */
		{ .from = "CPZ-",
		  .foreign = "Z",
		  .home = "-a-",
		  .tries_left = 3,
		  .slot = 'C',
		  .to = "CP-Z",
		  .reason = RECORD_REASON_SLOT },
		/* the loader is not asked for what can't be counted */
		{ .from = "CPZ-",
		  .foreign = "Z",
		  .home = "ba-",
		  .tries_left = 3,
		  .unwritable = true,
		  .slot = 'C' },
		/* neither the candidate's kernel nor the current one's */
		{ .from = "CPZ-",
		  .foreign = "ZC",
		  .home = "ba-",
		  .armed = true,
		  .slot = 'C',
		  .act = DECIDE_REPAIR,
		  .to_slot = 'a',
		  .to = "CP-Z",
		  .to_repairs = 1,
		  .reason = RECORD_REASON_BOOT },
		{ .from = "CPZ-",
		  .foreign = "ZC",
		  .home = "ba-",
		  .tries_left = 1,
		  .slot = 'Z',
		  .act = DECIDE_BOUNCE,
		  .to_slot = 'b',
		  .to = "CPZ-",
		  .to_armed = true },
	};

	(void)state;
	CHECK_SLOTS(rows);
}

/* The command line's wish gets what this kernel can start, and the loader isn't asked. */
static void another_than_the_current_s_kernel(void **state)
{
	static const struct slots_row row = {
		.from = "CPZ-", .foreign = "ZC", .home = "ba-", .tries_left = 1
	};
	struct decide d = slots_decide(&row);
	struct decision got;

	(void)state;
	d.use = CMDLINE_USE_PREVIOUS;
	decide_next(&d, &got);
	assert_true(got.slot == DECIDE_PREVIOUS && got.act == DECIDE_START && !got.write);
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
		cmocka_unit_test(the_current_one_s_kernel),
		cmocka_unit_test(a_candidate_s_start),
		cmocka_unit_test(a_candidate_s_kernel),
		cmocka_unit_test(another_than_the_current_s_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
