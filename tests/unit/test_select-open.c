/* SPDX-License-Identifier: Apache-2.0 */
/* The record that a choice begins with: rotten, newer, absent, or one that names nothing. */
#include "unit/selecting.h"

/* Copies of the sector of @copy become @bytes, or rot. */
static void overwrite(int copy, const uint8_t *bytes)
{
	static const uint8_t rot[RECORD_SIZE] = "laminaAB";
	int fd = openat(tree_fd, "state", O_WRONLY);

	assert_int_equal(
		pwrite(fd, bytes ? bytes : rot, RECORD_SIZE, copy * RECORD_STRIDE),
		RECORD_SIZE);
	(void)close(fd);
}

static void rotten_copies(void **state)
{
	struct record record = record_of("----");
	const char *one = put(1);
	struct select select;

	(void)state;
	set_id(&record.current, one);
	record.floor = 1;
	write_state(&record);
	overwrite(1, NULL);
	boot(&select, DECIDE_CURRENT, one);
	assert_true(select.has_record && opened == 0);
	assert_string_equal(said, "");
	overwrite(0, NULL);
	boot(&select, DECIDE_CURRENT, one);
	assert_string_equal(said, "boot record: no copy is whole\n");
	assert_int_equal(opened, 1);
	assert_true(read_state().seq > 0);
	boot(&select, DECIDE_CURRENT, one);
	assert_true(select.has_record && opened == 0);
}

/* Of a store that was reset before an image came into it, say. */
static void a_record_that_names_nothing(void **state)
{
	struct record record = record_of("----");
	struct err err = ERR_INIT;
	struct select select;
	const char *two;

	(void)state;
	(void)put(1);
	two = put(2);
	record.floor = 2;
	write_state(&record);
	boot(&select, DECIDE_CURRENT, two);
	assert_string_equal(said, "boot record: it names no image\n");
	assert_int_equal(opened, 1);
	assert_true(read_state().floor == 2);
	boot(&select, DECIDE_CURRENT, two);
	assert_true(select.has_record && opened == 0);
	/* unless it is the factory's image that it means */
	write_state(&record);
	strcpy(settings.policy.factory, "/factory");
	select = new_select();
	assert_int_equal(select_open(&select, &err), 0);
	assert_true(select.has_record);
	assert_refused(select_next(&select, &image, &err), -ENOENT, err,
		       "no image to start");
	assert_int_equal(opened, 0);
}

/* As good as two rotten copies. */
static void what_can_t_be_a_record(void **state)
{
	const char *one = put(1), *two = put(2);
	struct digest id;
	struct select select;

	(void)state;
	for (int i = 0; i < 3; i++) {
		(void)unlinkat(tree_fd, "state", 0);
		if (i == 0)
			tree_file("state", "short", 0644);
		else if (i == 1)
			assert_int_equal(symlinkat("nowhere", tree_fd, "state"), 0);
		else
			assert_int_equal(mkfifoat(tree_fd, "state", 0600), 0);
		boot(&select, DECIDE_CANDIDATE, two);
		assert_string_equal(said,
				    "boot record: not a file of 8192 bytes or more\n");
		assert_int_equal(opened, 1);
		set_id(&id, one);
		assert_memory_equal(read_state().current.bytes, id.bytes, sizeof(id));
		boot(&select, DECIDE_CANDIDATE, two);
		assert_true(select.has_record);
	}
}

/* As a writer to come would have it: of another version, and its sum is right. */
static void encode_later(const struct record *record, uint8_t version,
			 uint8_t ret_bytes[RECORD_SIZE])
{
	struct digest sum;

	record_encode(record, ret_bytes);
	ret_bytes[8] = version;
	assert_int_equal(sha256_of(ret_bytes, RECORD_SUM_OFFSET, &sum), 0);
	memcpy(ret_bytes + RECORD_SUM_OFFSET, &sum, RECORD_SUM_SIZE);
}

static void a_newer_record(void **state)
{
	uint8_t bytes[RECORD_SIZE], after[RECORD_SIZE];
	const char *one, *two;
	struct select select;
	struct record record = try_two(&one, &two);
	int fd;

	(void)state;
	record.seq = 1000;
	record.floor = 1;
	encode_later(&record, 2, bytes);
	overwrite(1, bytes);
	boot(&select, DECIDE_CURRENT, one);
	assert_true(select.keep && select.has_record);
	assert_true(select.decide.record.floor == 1);
	assert_string_equal(said, "boot record of version 2, 1 is understood\n");
	assert_int_equal(opened, 0);
	fd = openat(tree_fd, "state", O_RDONLY);
	assert_int_equal(pread(fd, after, RECORD_SIZE, RECORD_STRIDE), RECORD_SIZE);
	assert_memory_equal(after, bytes, RECORD_SIZE);
	(void)close(fd);
}

/* Its floor counts too: what it would refuse is not started. */
static void a_newer_record_s_floor(void **state)
{
	struct err err = ERR_INIT;
	struct record record = record_of("----");
	struct select select = new_select();
	uint8_t bytes[RECORD_SIZE];

	(void)state;
	set_id(&record.current, put(1));
	write_state(&record);
	record.seq = 1000;
	record.floor = 2;
	encode_later(&record, 9, bytes);
	overwrite(0, bytes);
	assert_int_equal(select_open(&select, &err), 0);
	assert_tells(select_next(&select, &image, &err), -ESTALE, err,
		     "serial 1 is below the rollback floor 2");
	/* nor where it names images that are not there */
	memset(&record.current, 0xab, DIGEST_SIZE);
	encode_later(&record, 9, bytes);
	overwrite(0, bytes);
	select = new_select();
	assert_int_equal(select_open(&select, &err), 0);
	assert_tells(select_next(&select, &image, &err), -ESTALE, err,
		     "serial 1 is below the rollback floor 2");
	boot(&select, DECIDE_CURRENT, put(2));
	assert_int_equal(opened, 0);
}

/* The floor stays, and the next write names what is there. */
static void names_of_absent_images(void **state)
{
	struct record record = record_of("----"), now;
	struct select select;
	const char *two, *three;
	struct digest id;

	(void)state;
	(void)put(1);
	two = put(2);
	three = put(3);
	memset(&record.current, 0xab, DIGEST_SIZE);
	memset(&record.candidate, 0xcd, DIGEST_SIZE);
	record.tries_left = record.tries_initial = 2;
	record.floor = 2;
	write_state(&record);
	boot(&select, DECIDE_CANDIDATE, three);
	assert_string_equal(said, "boot record: it names no image that is there\n");
	set_id(&id, two);
	now = read_state();
	assert_true(digest_equal(&now.current, &id));
	assert_false(digest_is_set(&now.previous));
	assert_true(now.floor == 2);
	/* one of them is enough */
	set_id(&record.previous, two);
	write_state(&record);
	boot(&select, DECIDE_PREVIOUS, two);
	now = read_state();
	assert_true(digest_equal(&now.current, &record.current));
}

/* A floor that no image can reach is none that Lamina wrote. */
static void a_floor_past_all_serials(void **state)
{
	static const uint64_t floors[] = { 1ULL << 63, UINT64_MAX };
	struct record record = record_of("----");
	const char *one = put(1), *two = put(2);
	struct err err = ERR_INIT;
	struct select select;

	(void)state;
	set_id(&record.current, two);
	set_id(&record.previous, one);
	for (size_t i = 0; i < sizeof(floors) / sizeof(floors[0]); i++) {
		record.floor = floors[i];
		write_state(&record);
		boot(&select, DECIDE_CURRENT, two);
		assert_string_equal(said, "boot record: no serial is above its floor: "
					  "2 counts\n");
		assert_true(select.decide.record.floor == 2);
	}
	remove_layer(2);
	select = new_select();
	assert_int_equal(select_open(&select, &err), 0);
	assert_tells(select_next(&select, &image, &err), -ESTALE, err,
		     "serial 1 is below the rollback floor 2");
	/* who is current can't be told */
	memset(&record.current, 0xab, DIGEST_SIZE);
	write_state(&record);
	boot(&select, DECIDE_PREVIOUS, one);
}

/* What can't be read may say anything. */
static void an_unreadable_record(void **state)
{
	struct err err = ERR_INIT;
	struct select select = new_select();

	(void)state;
	(void)put(1);
	select.device = "/dev/null/nowhere";
	assert_int_equal(select_open(&select, &err), 0);
	assert_true(select.lost && !select.has_record && !select.decide.writable);
	assert_tells(select_next(&select, &image, &err), -ENOTDIR, err,
		     "no image of the store is started without its record: boot record: "
		     "Not a directory");
	select.factory = tree_fd;
	assert_int_equal(select_next(&select, &image, &err), 0);
	assert_int_equal(image.slot, DECIDE_FACTORY);
	assert_int_equal(opened, 0);
}

/* Only what has to be guessed needs all of them, and then the best ones are found. */
static void many_images(void **state)
{
	const char *three = put(3), *two = put(2);
	struct digest id;
	struct select select;
	char name[96];

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof(name), "images/%064zu", i);
		tree_dir(name);
	}
	boot(&select, DECIDE_CANDIDATE, three);
	set_id(&id, two);
	assert_memory_equal(read_state().current.bytes, id.bytes, sizeof(id));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, tree_done)
	const struct CMUnitTest tests[] = {
		TEST(rotten_copies),
		TEST(a_record_that_names_nothing),
		TEST(what_can_t_be_a_record),
		TEST(a_newer_record),
		TEST(a_newer_record_s_floor),
		TEST(names_of_absent_images),
		TEST(a_floor_past_all_serials),
		TEST(an_unreadable_record),
		TEST(many_images),
	};

	return cmocka_run_group_tests(tests, image_make_key, NULL);
}
