/* SPDX-License-Identifier: Apache-2.0 */
/* Boots after a run that ended at a corrupt block, under `verity panic`. */
#include "fake/machine.h"
#include "fake/records.h"

#define WORDS "Kernel panic - not syncing: dm-verity device corrupted\n"
#define PSTORE "@pstore:dmesg-ramoops-0"

static char previous[DIGEST_HEX_SIZE];

/* Two confirmed images; the last run left @words. */
static void put_confirmed(const char *words)
{
	put_two(0);
	(void)strcpy(previous, candidate);
	(void)digest_parse(previous, 64, &stored.previous);
	put_record();
	fake_dir("@sysfs:fs/pstore");
	if (words)
		fake_text(PSTORE, words);
}

static bool said(const char *text)
{
	return strstr(fake_console(), text) != NULL;
}

static void said_reading(const char *id)
{
	char line[128];

	(void)snprintf(line, sizeof(line),
		       "lamina-init: the last run ended at a corrupt block: "
		       "reading all of image %.12s\n",
		       id);
	if (!said(line))
		assert_string_equal(fake_console(), line);
}

static void goes_to_previous(void **state)
{
	(void)state;
	plain_machine();
	machine.policy = "verity panic\n";
	/* nobody reads that far while it boots */
	put_confirmed(NULL);
	break_image_from(10, VERITY_BLOCK);
	assert_boots();
	assert_runs("current", current);
	assert_int_equal(fake_panics(), LAYERS);

	put_confirmed("Panic#1 Part1\n<0>[    7.000000] " WORDS "<4>and more\n");
	break_image_from(10, VERITY_BLOCK);
	assert_boots();
	assert_runs("previous", previous);
	said_reading(current);
	said_reading(previous);
	assert_true(said("lamina-init: current image "));
	assert_true(said(": layer 0 (sha256:"));
	assert_true(said("): verity: a block is corrupt\n"));
	assert_int_equal(fake_panics(), LAYERS);
	/* told once, and nothing of it is written down */
	assert_true(fake_called("unlinkat dmesg-ramoops-0"));
	assert_non_null(strstr(fake_text_of("/run/lamina/panic"), WORDS));
	assert_false(fake_called("pwrite"));
	assert_false(fake_called("mount - at /run/lamina/private/store"));
	assert_false(fake_called("/dev/watchdog"));
}

static void goes_on_to_the_factory(void **state)
{
	char factory[DIGEST_HEX_SIZE];

	(void)state;
	plain_machine();
	machine.policy = "verity panic\nfactory /factory\n";
	put_confirmed("Panic#1 Part1\n" WORDS);
	put_serial("/factory/", 12, factory);
	break_image_from(10, VERITY_BLOCK);
	break_image_from(11, VERITY_BLOCK);
	assert_boots();
	assert_runs("factory", factory);
	said_reading(factory);
}

static void reads_a_good_image(void **state)
{
	(void)state;
	plain_machine();
	machine.policy = "verity panic\n";
	put_confirmed("Panic#1 Part1\n" WORDS);
	assert_boots();
	assert_runs("current", current);
	said_reading(current);
	assert_int_equal(fake_panics(), LAYERS);
}

/* Wherever in the text they stand, but no others. */
static void knows_the_words(void **state)
{
	static const char *const others[] = {
		NULL,
		"Panic#1 Part1\n",
		"Panic#1 Part1\nKernel panic - not syncing: sysrq triggered crash\n",
		"Panic#1 Part1\nKernel panic - not syncing: dm-verity device has I/O "
		"error\n",
		"Panic#1 Part1\nKernel panic - not syncing: dm-verity device corrupte",
		"Oops#1 Part1\n" WORDS,
	};
	char text[2048];

	(void)state;
	plain_machine();
	machine.policy = "verity panic\n";
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		put_confirmed(others[i]);
		break_image_from(10, VERITY_BLOCK);
		assert_boots();
		assert_runs("current", current);
		assert_false(said("reading all"));
	}
	for (size_t at = 960; at < 1030; at++) {
		(void)snprintf(text, sizeof(text), "%-*s%s", (int)at,
			       "Panic#1 Part1\nKernel paKernel ", "Kernel p" WORDS);
		put_confirmed(text);
		break_image_from(10, VERITY_BLOCK);
		assert_boots();
		assert_runs("previous", previous);
	}
}

static void only_where_it_panics(void **state)
{
	(void)state;
	plain_machine();
	machine.policy = "verity eio\n";
	put_confirmed("Panic#1 Part1\n" WORDS);
	assert_boots();
	assert_runs("current", current);
	assert_false(fake_called("pstore"));
	assert_false(said("reading all"));
	assert_int_equal(fake_panics(), 0);
}

/* It does not take all of its tries to find out. */
static void candidate_falls(void **state)
{
	struct record record;

	(void)state;
	plain_machine();
	machine.policy = "verity panic\n";
	for (uint8_t left = 0; left < 2; left++) {
		put_two(2);
		stored.tries_left = left;
		put_record();
		fake_dir("@sysfs:fs/pstore");
		fake_text(PSTORE, "Panic#1 Part1\n" WORDS);
		break_image_from(11, VERITY_BLOCK);
		assert_boots();
		assert_runs("current", current);
		record = record_of_store();
		assert_int_equal(record.reason, RECORD_REASON_CORRUPT);
		assert_id(&record.failed, candidate);
	}
}

static void setup_corrupt(void)
{
	char older[DIGEST_HEX_SIZE];

	put_confirmed("Panic#1 Part1\n" WORDS);
	break_image_from(10, VERITY_BLOCK);
	/* what is left where the record can't be read, and no candidate started */
	put_serial(STORE, 9, older);
	fake_boot();
}

/* Something boots; the image that panicked only where the last words can't be read. */
static void check_start(int r, const char *call)
{
	const char *image = fake_text_of("/run/lamina/image");

	if (!call)
		call = "none";
	if (r < 0)
		return;
	if (!image)
		fail_msg("%s: no image", call);
	if (strstr(image, "slot=current") && !strstr(call, "pstore") &&
	    !strstr(call, "dmesg-"))
		fail_msg("%s: the corrupt image was started", call);
	if (fake_panics() != LAYERS)
		fail_msg("%s: %d mappings panic", call, fake_panics());
}

static void every_call_fails_once(void **state)
{
	(void)state;
	plain_machine();
	machine.policy = "verity panic\n";
	assert_true(sweep_boot(setup_corrupt, fake_forgives_all, check_start) > 150);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_to_previous),
		cmocka_unit_test(goes_on_to_the_factory),
		cmocka_unit_test(reads_a_good_image),
		cmocka_unit_test(knows_the_words),
		cmocka_unit_test(only_where_it_panics),
		cmocka_unit_test(candidate_falls),
		cmocka_unit_test(every_call_fails_once),
	};

	return cmocka_run_group_tests(tests, make_key, NULL);
}
