/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "boot/transition.h"
#include "unit/record.h"

static void installs(void **state)
{
	static const struct {
		const char *from;
		char id;
		int r;
		const char *to, *words;
	} cases[] = {
		{ "CP--", 'Z', 0, "CPZ-", "" },
		{ "----", 'Z', 0, "--Z-", "" },
		{ "CP--", 'P', 0, "CPP-", "" },
		/* one that was there before is forgotten */
		{ "CPY-", 'Z', 0, "CPZ-", "" },
		{ "CPZ-", 'Z', 0, "CPZ-", "" },
		/* the current one: back to where we were */
		{ "CPZ-", 'C', 0, "CP--", "" },
		{ "CP--", 'C', -EEXIST, "CP--", "is the current image already" },
		/* another chance for what failed; nothing else forgives */
		{ "CP-Z", 'Z', 0, "CPZ-", "" },
		{ "CP-Y", 'Z', 0, "CPZY", "" },
		{ "CP--", '-', -EINVAL, "CP--", "no image, or no tries" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record record = record_of(cases[i].from);
		struct err err = ERR_INIT;

		record.tries_left = record.tries_left ? 1 : 0;
		record.reboot_spent = record.tries_left;
		assert_refused(transition_install(&record, id_of(cases[i].id), 3, &err),
			       cases[i].r, err, cases[i].words);
		assert_record(&record, cases[i].to);
		if (digest_is_set(&record.candidate))
			assert_true(record.tries_left == 3 && !record.reboot_spent);
	}
}

static void how_many_tries(void **state)
{
	struct record record = record_of("CP--");

	(void)state;
	assert_int_equal(transition_install(&record, id_of('Z'), 0, NULL), -EINVAL);
	assert_record(&record, "CP--");
	assert_int_equal(transition_install(&record, id_of('Z'), 255, NULL), 0);
	assert_int_equal(record.tries_left, 255);
	assert_int_equal(record.tries_initial, 255);
}

static void confirms(void **state)
{
	static const struct {
		const char *from;
		char running;
		int r;
		const char *to, *words;
	} cases[] = {
		{ "CPZ-", 'Z', 0, "ZC--", "" },
		{ "C-Z-", 'Z', 0, "ZC--", "" },
		{ "CPP-", 'P', 0, "PC--", "" },
		/* over the factory's image */
		{ "--Z-", 'Z', 0, "Z---", "" },
		{ "-PZ-", 'Z', 0, "ZP--", "" },
		{ "-ZZ-", 'Z', 0, "Z---", "" },
		{ "CPZF", 'Z', 0, "ZC-F", "" },
		{ "CPZ-", 'C', -EALREADY, "CPZ-", "is confirmed already" },
		{ "CP--", 'C', -EALREADY, "CP--", "is confirmed already" },
		{ "CPZ-", 'P', -EPERM, "CPZ-", "what runs is not the candidate" },
		{ "CP-Z", 'Z', -EPERM, "CP-Z", "what runs is not the candidate" },
		{ "--Z-", '-', -EPERM, "--Z-", "what runs is not the candidate" },
		{ "----", '-', -EPERM, "----", "what runs is not the candidate" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record record = record_of(cases[i].from);
		struct err err = ERR_INIT;

		record.floor = 5;
		assert_refused(
			transition_confirm(&record, id_of(cases[i].running), 9, &err),
			cases[i].r, err, cases[i].words);
		assert_record(&record, cases[i].to);
		assert_int_equal(record.floor, cases[i].r ? 5 : 9);
	}
}

static void the_floor_stays(void **state)
{
	struct record record = record_of("CPZ-");

	(void)state;
	record.floor = 9;
	assert_int_equal(transition_confirm(&record, id_of('Z'), 8, NULL), 0);
	assert_int_equal(record.floor, 9);
}

static void rollbacks(void **state)
{
	static const struct {
		const char *from;
		uint64_t serial;
		int r;
		const char *to, *words;
	} cases[] = {
		{ "CP--", 5, 0, "PC--", "" },
		{ "CP--", 4, -ESTALE, "CP--", "serial 4 is below the rollback floor 5" },
		{ "C---", 9, -ENOENT, "C---", "there is no previous image" },
		{ "-P--", 5, 0, "P---", "" },
		/* a candidate first; the previous image's serial is not asked for */
		{ "CPZ-", 4, 0, "CP-Z", "" },
		{ "C-Z-", 4, 0, "C--Z", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record record = record_of(cases[i].from);
		struct err err = ERR_INIT;

		record.floor = 5;
		assert_refused(transition_rollback(&record, cases[i].serial, &err),
			       cases[i].r, err, cases[i].words);
		assert_record(&record, cases[i].to);
		assert_int_equal(record.floor, 5);
	}
}

static void rejects(void **state)
{
	struct record record = record_of("CPZF");
	struct err err = ERR_INIT;

	(void)state;
	record.reboot_spent = true;
	assert_int_equal(transition_reject(&record, &err), 0);
	assert_record(&record, "CP-Z");
	assert_int_equal(record.reason, RECORD_REASON_REJECTED);
	assert_int_equal(record.tries_left, 0);
	assert_false(record.reboot_spent);
	assert_refused(transition_reject(&record, &err), -ENOENT, err,
		       "there is no candidate");
	transition_fall(&record, RECORD_REASON_PANIC);
	assert_record(&record, "CP-Z");
	assert_int_equal(record.reason, RECORD_REASON_REJECTED);
}

/* Once for a candidate, and never more tries than there were. */
static void reboots(void **state)
{
	struct record record = record_of("CPZ-");

	(void)state;
	assert_int_equal(transition_reboot(&record, id_of('Z')), 0);
	record.tries_left = 0;
	assert_int_equal(transition_reboot(&record, id_of('C')), 0);
	assert_int_equal(transition_reboot(&record, id_of('-')), 0);
	assert_int_equal(transition_reboot(&record, id_of('Z')), 1);
	assert_int_equal(record.tries_left, 1);
	record.tries_left = 0;
	assert_int_equal(transition_reboot(&record, id_of('Z')), 0);
	assert_int_equal(record.tries_left, 0);
	assert_record(&record, "CPZ-");
	record = record_of("CP--");
	assert_int_equal(transition_reboot(&record, id_of('C')), 0);
	assert_int_equal(transition_reboot(&record, id_of('-')), 0);
}

/* Counted when the loader is to be asked; what becomes of the candidate takes it back. */
static void arms(void **state)
{
	struct record record = record_of("CPZ-");
	struct err err = ERR_INIT;

	(void)state;
	record.boots = 4;
	assert_int_equal(transition_arm(&record, &err), 0);
	assert_true(record_is_armed(&record));
	assert_int_equal(record.tries_left, 2);
	assert_int_equal(record.boots, 5);
	/* asked again: that is another start */
	assert_int_equal(transition_arm(&record, &err), 0);
	assert_int_equal(record.tries_left, 1);
	record.boots = UINT32_MAX;
	assert_int_equal(transition_arm(&record, &err), 0);
	assert_true(record.boots == UINT32_MAX);
	assert_refused(transition_arm(&record, &err), -EDQUOT, err,
		       "the candidate has no tries left");
	assert_int_equal(record.tries_left, 0);
	transition_fall(&record, RECORD_REASON_BOOT);
	assert_false(record_is_armed(&record));
	assert_record(&record, "CP-Z");
	assert_refused(transition_arm(&record, &err), -ENOENT, err,
		       "there is no candidate");
	/* another candidate is not armed, nor is one that is confirmed or dropped */
	assert_int_equal(transition_install(&record, id_of('Z'), 3, NULL), 0);
	assert_false(record_is_armed(&record));
	assert_int_equal(transition_arm(&record, NULL), 0);
	assert_int_equal(transition_install(&record, id_of('Y'), 3, NULL), 0);
	assert_false(record_is_armed(&record));
	assert_int_equal(transition_arm(&record, NULL), 0);
	record_set_repairs(&record, 2);
	assert_int_equal(transition_confirm(&record, id_of('Y'), 0, NULL), 0);
	assert_int_equal(record.reserved[0], 0);
	assert_int_equal(record_repairs(&record), 0);
	record_set_repairs(&record, 2);
	assert_int_equal(transition_rollback(&record, 0, NULL), 0);
	assert_int_equal(record_repairs(&record), 0);
}

static void resets(void **state)
{
	struct record record = record_of("CPZF");

	(void)state;
	record.floor = 5;
	record.boots = 6;
	record.reserved[3] = 7;
	record.other_flags = 8;
	transition_reset(&record, false);
	assert_record(&record, "CP--");
	transition_reset(&record, true);
	assert_record(&record, "----");
	assert_int_equal(record.floor, 5);
	assert_int_equal(record.boots, 6);
	assert_int_equal(record.reserved[3], 7);
	assert_int_equal(record.other_flags, 8);
}

static void rebuilds(void **state)
{
	static const char *const expected[] = { "----", "A---", "B-A-", "BCA-", "BCA-" };
	struct digest ids[4];
	struct record record;

	(void)state;
	for (int i = 0; i < 4; i++)
		memset(&ids[i], 'A' + i, sizeof(ids[i]));
	for (size_t count = 0; count <= 4; count++) {
		record = (struct record){ .seq = 7, .floor = 4 };
		transition_rebuild(ids, count, 3, &record);
		assert_record(&record, expected[count]);
		assert_int_equal(record.tries_left, count > 1 ? 3 : 0);
		assert_true(record.seq == 7 && record.floor == 4);
	}
	record = (struct record){ .seq = 0 };
	transition_rebuild(ids, 2, 0, &record);
	assert_record(&record, "B-A-");
	assert_int_equal(record.tries_left, 1);
}

/* What runs is known to be good, whatever was made up. */
static void keeps_what_runs(void **state)
{
	struct digest ids[4];
	static const char *const expected[] = { "AB--", "BCA-", "CBA-", "BCA-" };
	struct record record;

	(void)state;
	for (int i = 0; i < 4; i++)
		memset(&ids[i], 'A' + i, sizeof(ids[i]));
	for (size_t i = 0; i < 4; i++) {
		record = (struct record){ .floor = 4 };
		transition_rebuild(ids, i == 0 ? 2 : 3, 3, &record);
		transition_keep(&record, &ids[i]);
		assert_record(&record, expected[i]);
		assert_int_equal(record.tries_left, i == 0 ? 0 : 3);
		assert_true(record.floor == 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(installs),	   cmocka_unit_test(how_many_tries),
		cmocka_unit_test(confirms),	   cmocka_unit_test(the_floor_stays),
		cmocka_unit_test(rollbacks),	   cmocka_unit_test(rejects),
		cmocka_unit_test(reboots),	   cmocka_unit_test(arms),
		cmocka_unit_test(resets),	   cmocka_unit_test(rebuilds),
		cmocka_unit_test(keeps_what_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
