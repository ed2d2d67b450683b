/* SPDX-License-Identifier: Apache-2.0 */
/* Which image is chosen, with a record that can be read or without one. */
#include "unit/selecting.h"

static void a_store_just_made(void **state)
{
	struct select select;
	struct stat st;

	(void)state;
	boot(&select, DECIDE_CURRENT, put(1));
	assert_string_equal(said, "");
	assert_int_equal(opened, 0);
	assert_false(select.has_record);
	assert_true(fstatat(tree_fd, "state", &st, 0) < 0);
	assert_int_equal(image.store, tree_fd);
	assert_int_equal(image.signers.count, 1);
	assert_int_equal(image.manifest.serial, 1);
}

/* The highest one may never have been confirmed: it is tried, and falls. */
static void several_without_a_record(void **state)
{
	const char *one = put(1), *three = put(3), *two = put(2);
	char expected[160];
	struct select select;
	struct record record;

	(void)state;
	remove_layer(1);
	for (int left = 1; left >= 0; left--) {
		boot(&select, DECIDE_CANDIDATE, three);
		assert_int_equal(read_state().tries_left, left);
		assert_int_equal(opened, 1);
		assert_true(select.has_record);
	}
	boot(&select, DECIDE_CURRENT, two);
	(void)snprintf(expected, sizeof(expected),
		       "candidate image %.12s: tries used up after 2 starts\n", three);
	assert_string_equal(said, expected);
	(void)snprintf(expected, sizeof(expected), "%s: tries used up after 2 starts",
		       three);
	assert_string_equal(fallen, expected);
	assert_int_equal(read_state().reason, RECORD_REASON_TRIES);
	assert_int_equal(read_state().boots, 2);
	record = read_state();
	assert_false(digest_is_set(&record.previous));
	boot(&select, DECIDE_CURRENT, two);
	assert_int_equal(opened, 0);
	(void)one;
}

static void confirmed_images_are_not_counted(void **state)
{
	struct record record = record_of("----"), after;
	const char *one = put(1);
	struct select select;

	(void)state;
	(void)put(2);
	set_id(&record.current, one);
	write_state(&record);
	for (int i = 0; i < 20; i++) {
		boot(&select, DECIDE_CURRENT, one);
		assert_string_equal(said, "");
		assert_int_equal(opened, 0);
	}
	after = read_state();
	assert_int_equal(after.seq, record.seq);
}

/* Makes one thing wrong with the image of serial 2. */
static void spoil(enum record_reason reason, const char *id)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "images/%s/manifest.sig", id);
	switch (reason) {
	case RECORD_REASON_SIGNATURE:
		tree_file(path, "sig 0123456789abcdef ecdsa-p256-sha256 MAYCAQECAQE=\n",
			  0644);
		break;
	case RECORD_REASON_INCOMPATIBLE:
		strcpy(settings.policy.compatible, "acme,kettle");
		break;
	case RECORD_REASON_FLOOR:
		settings.policy.floor = 3;
		break;
	case RECORD_REASON_MISSING:
		remove_layer(2);
		break;
	default:
		(void)snprintf(path, sizeof(path), BLOBS "%064d", 2);
		tree_file(path, "short", 0644);
	}
}

static void why_candidates_fall(void **state)
{
	static const struct {
		enum record_reason reason;
		const char *words;
	} cases[] = {
		{ RECORD_REASON_SIGNATURE, "manifest.sig: " },
		{ RECORD_REASON_INCOMPATIBLE, "acme,kettle" },
		{ RECORD_REASON_FLOOR, "serial 2 is below the rollback floor 3" },
		{ RECORD_REASON_MISSING,
		  "layer 0 (sha256:000000000000): not in the store" },
		{ RECORD_REASON_CORRUPT,
		  "layer 0 (sha256:000000000000): has 5 bytes, the manifest says 8192" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *one, *two;
		struct err err = ERR_INIT;
		struct select select = new_select();
		struct record record;

		if (i > 0)
			assert_int_equal(start(state), 0);
		record = try_two(&one, &two);
		spoil(cases[i].reason, two);
		select = new_select();
		assert_int_equal(select_open(&select, &err), 0);
		(void)select_next(&select, &image, &err);
		assert_non_null(strstr(said, "candidate image "));
		if (!strstr(said, cases[i].words))
			assert_string_equal(said, cases[i].words);
		record = read_state();
		assert_int_equal(record.reason, cases[i].reason);
		assert_false(digest_is_set(&record.candidate));
		assert_int_equal(record.boots, 0);
		assert_int_equal(opened, 1);
		if (i + 1 < sizeof(cases) / sizeof(cases[0]))
			assert_int_equal(tree_done(state), 0);
	}
}

static void assert_told(const char *name, const char *why)
{
	struct record record = read_state();
	struct record_words words;

	record_told(&record, &words);
	assert_string_equal(words.name, name);
	assert_string_equal(words.version, "");
	assert_string_equal(words.check, "");
	assert_string_equal(words.why, why);
}

/* Mounting it failed, after it was counted. */
static void a_candidate_that_can_t_be_built(void **state)
{
	struct err err = ERR_INIT, why;
	const char *one, *two;
	struct select select;
	char expected[160];

	(void)state;
	(void)try_two(&one, &two);
	boot(&select, DECIDE_CANDIDATE, two);
	(void)err_set(&why, 0, "layer 0: mount: Too many links");
	select_fell(&select, &image, -EMLINK, &why);
	assert_string_equal(said, "");
	assert_tells(select_next(&select, &image, &err), 0, err, "");
	assert_string_equal(DIGEST_HEX(&image.id), one);
	(void)snprintf(expected, sizeof(expected),
		       "candidate image %.12s: layer 0: mount: Too many links\n", two);
	assert_string_equal(said, expected);
	(void)snprintf(expected, sizeof(expected), "%s: layer 0: mount: Too many links",
		       two);
	assert_string_equal(fallen, expected);
	assert_int_equal(read_state().reason, RECORD_REASON_MOUNT);
	assert_told("thermostat", "layer 0: mount: Too many links");
	assert_int_equal(read_state().boots, 1);
	assert_int_equal(select_reason(-EBADMSG), RECORD_REASON_CORRUPT);
	assert_int_equal(select_reason(-EIO), RECORD_REASON_CORRUPT);
	assert_int_equal(select_reason(-ENOENT), RECORD_REASON_MOUNT);
}

static void a_watchdog_bit(void **state)
{
	struct err err = ERR_INIT;
	const char *one, *two;
	struct record record = try_two(&one, &two);
	struct select select = new_select();

	(void)state;
	record.tries_left = 0;
	write_state(&record);
	assert_int_equal(select_open(&select, &err), 0);
	select.decide.last_end = RECORD_REASON_WATCHDOG;
	assert_int_equal(select_next(&select, &image, &err), 0);
	assert_string_equal(DIGEST_HEX(&image.id), one);
	assert_int_equal(read_state().reason, RECORD_REASON_WATCHDOG);
	assert_told("thermostat", "after 2 starts");
}

/* Uncounted, nothing unconfirmed is started. */
static void a_store_that_can_t_be_written(void **state)
{
	const char *one, *two;
	struct select select;

	(void)state;
	(void)try_two(&one, &two);
	writable_r = -EROFS;
	boot(&select, DECIDE_CURRENT, one);
	assert_string_equal(said, "no writing\n");
	assert_int_equal(opened, 1);
	writable_r = 0;
	boot(&select, DECIDE_CANDIDATE, two);
}

static void pretending(void **state)
{
	struct err err = ERR_INIT;
	const char *one, *two;
	struct select select;
	struct record record = try_two(&one, &two);

	(void)state;
	select = new_select();
	select.pretend = true;
	assert_int_equal(select_open(&select, &err), 0);
	assert_int_equal(select_next(&select, &image, &err), 0);
	assert_string_equal(DIGEST_HEX(&image.id), two);
	assert_int_equal(opened, 0);
	assert_int_equal(read_state().seq, record.seq);
}

/* Previous, factory, nothing: each falls with its reason, the last one's is the error. */
static void one_after_the_other(void **state)
{
	struct record record = record_of("----");
	const char *one = put(1), *two = put(2), *three = put(3);
	struct err err = ERR_INIT;
	struct select select = new_select();
	char expected[640];

	(void)state;
	set_id(&record.current, two);
	set_id(&record.previous, one);
	record.floor = 9;
	write_state(&record);
	remove_layer(2);
	remove_layer(1);
	select.factory = tree_fd;
	assert_int_equal(select_open(&select, &err), 0);
	/* the record's floor is not the factory's */
	assert_int_equal(select_next(&select, &image, &err), 0);
	assert_int_equal(image.slot, DECIDE_FACTORY);
	assert_string_equal(DIGEST_HEX(&image.id), three);
	(void)snprintf(expected, sizeof(expected),
		       "current image %.12s: serial 2 is below the rollback floor 9\n"
		       "previous image %.12s: serial 1 is below the rollback floor 9\n",
		       two, one);
	assert_string_equal(said, expected);
	(void)err_set(&err, 0, "out of luck");
	select_fell(&select, &image, -EINVAL, &err);
	(void)snprintf(expected, sizeof(expected), "factory image %.12s: out of luck",
		       three);
	assert_refused(select_next(&select, &image, &err), -EINVAL, err, expected);
	assert_int_equal(opened, 0);
}

static void a_factory_that_comes_late(void **state)
{
	struct err err = ERR_INIT;
	struct select select = new_select();
	const char *one = put(1);

	(void)state;
	select.store = -EBADF;
	select.keep = true;
	select.decide.use = CMDLINE_USE_FACTORY;
	assert_refused(select_next(&select, &image, &err), -ENOENT, err,
		       "lamina.use=factory: there is no factory image");
	select.factory = tree_fd;
	assert_int_equal(select_next(&select, &image, &err), 0);
	assert_string_equal(DIGEST_HEX(&image.id), one);
	assert_int_equal(image.slot, DECIDE_FACTORY);
	assert_int_equal(image.store, tree_fd);
}

static void an_empty_factory(void **state)
{
	struct err err = ERR_INIT;
	struct select select = new_select();

	(void)state;
	tree_dir("images");
	select.store = -EBADF;
	select.factory = tree_fd;
	assert_refused(select_next(&select, &image, &err), -ENOENT, err,
		       "factory image: no image in images/");
	assert_refused(select_next(&select, &image, &err), -ENOENT, err,
		       "factory image: no image in images/");
}

static void lamina_use(void **state)
{
	struct err err = ERR_INIT;
	const char *one, *two;
	struct select select;

	(void)state;
	(void)try_two(&one, &two);
	select = new_select();
	select.decide.use = CMDLINE_USE_PREVIOUS;
	assert_int_equal(select_open(&select, &err), 0);
	assert_int_equal(select_next(&select, &image, &err), 0);
	assert_string_equal(DIGEST_HEX(&image.id), one);
	assert_int_equal(opened, 0);
	tree_unlink("state");
	remove_layer(2);
	select = new_select();
	select.decide.use = CMDLINE_USE_PREVIOUS;
	assert_int_equal(select_open(&select, &err), 0);
	assert_refused(select_next(&select, &image, &err), -ENOENT, err,
		       "lamina.use=previous: there is no previous image");
}

static void no_images(void **state)
{
	struct err err = ERR_INIT;
	struct select select = new_select();
	const char *one;

	(void)state;
	assert_int_equal(select_open(&select, &err), 0);
	assert_refused(select_next(&select, &image, &err), -ENOENT, err,
		       "not a store: there is no images directory");
	tree_dir("images");
	select = new_select();
	assert_int_equal(select_open(&select, &err), 0);
	assert_refused(select_next(&select, &image, &err), -ENOENT, err,
		       "no image in images/");
	one = put(1);
	remove_layer(1);
	select = new_select();
	assert_int_equal(select_open(&select, &err), 0);
	assert_tells(select_next(&select, &image, &err), -ENOENT, err,
		     one[0] ? "layer 0" : "");
	assert_memory_equal(err.text, "image ", 6);
	assert_string_equal(said, "");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, tree_done)
	const struct CMUnitTest tests[] = {
		TEST(a_store_just_made),
		TEST(several_without_a_record),
		TEST(confirmed_images_are_not_counted),
		TEST(why_candidates_fall),
		TEST(a_candidate_that_can_t_be_built),
		TEST(a_watchdog_bit),
		TEST(a_store_that_can_t_be_written),
		TEST(pretending),
		TEST(one_after_the_other),
		TEST(a_factory_that_comes_late),
		TEST(an_empty_factory),
		TEST(lamina_use),
		TEST(no_images),
	};

	return cmocka_run_group_tests(tests, image_make_key, NULL);
}
