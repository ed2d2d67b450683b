/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that fail, and a medium that does not keep what it was given. */
#include "fake/state.h"

static bool of_old(void)
{
	struct record record;

	return read_state(&record, NULL, NULL) == 0 && record.seq == 4 &&
	       record.boots == 0xb;
}

static bool of_new(void)
{
	struct record record;

	return read_state(&record, NULL, NULL) == 0 && record.seq == last.seq &&
	       record.boots == 99;
}

/* What is told is what the next boot finds. */
static void check_write(int r, const char *call)
{
	if (r == 0 && !of_new())
		fail_msg("%s: success, but the record is not the new one", call);
	if (r == -EREMOTEIO && !of_new())
		fail_msg("%s: EREMOTEIO, but the new record is not there", call);
	if (r < 0 && r != -EREMOTEIO && !of_old())
		fail_msg("%s: %d, but the old record is gone", call, r);
}

static int remote(const char *call)
{
	(void)call;
	return last.seq ? EREMOTEIO : 0;
}

/* Looking and direct reading may fail: there is another copy, and another way. */
static bool is_reading(const char *call)
{
	return strncmp(call, "pread", 5) == 0 || strncmp(call, "fcntl", 5) == 0 ||
	       strncmp(call, "fadvise", 7) == 0;
}

static void setup_write(void)
{
	memset(&last, 0, sizeof(last));
	put_state(3, 4);
}

static void setup_no_direct(void)
{
	setup_write();
	fake_config.no_direct_io = true;
}

static void sweep_write(void **state)
{
	static const int numbers[] = { 0, EIO, ENOSPC, EROFS, ENOMEM };
	struct fake_sweep sweep = { .setup = setup_write,
				    .run = write_next,
				    .names = "boot record|/store",
				    .forgives = is_reading,
				    .translates = remote,
				    .check = check_write };
	int calls;

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		sweep.number = numbers[i];
		sweep.setup = setup_write;
		calls = fake_sweep(&sweep);
		assert_in_range(calls, 15, 40);
		sweep.setup = setup_no_direct;
		assert_in_range(fake_sweep(&sweep), 15, 40);
	}
}

/* A medium that says it has written, and has not. */
static void reads_back(void **state)
{
	static const struct {
		uint64_t a, b;
		int bad_flush, r;
	} cases[] = {
		{ 3, 4, 0, -EIO },
		{ 4, 3, 1, -EREMOTEIO },
		{ 0, 4, 0, -EIO },
		{ 4, 0, 1, -EREMOTEIO },
	};
	struct err err = ERR_INIT;
	struct record record;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int direct = 0; direct < 2; direct++) {
			put_state(cases[i].a, cases[i].b);
			fake_config.bad_flush = cases[i].bad_flush;
			fake_config.no_direct_io = !direct;
			assert_int_equal(write_next(&err), cases[i].r);
			assert_int_equal(read_state(&record, NULL, &err), 0);
			assert_int_equal(record.boots, cases[i].r == -EIO ? 0xb : 99);
		}
	}
}

static int make_state(struct err *err)
{
	__fd int store = store_open("/store", err);
	__fd int fd = store < 0 ? store : state_create(store, err);

	return fd < 0 ? fd : 0;
}

/* All of the file, or nothing; of what a failure leaves only the last flush may remain.
 */
static void check_create(int r, const char *call)
{
	struct record record;

	if (fake_exists("/store/state") && read_state(&record, NULL, NULL) != -ENODATA)
		fail_msg("%s: half a file", call);
	if (fake_exists("/store/state.new"))
		fail_msg("%s: litter", call);
	if (r == 0)
		assert_true(fake_exists("/store/state"));
}

static void sweep_create(void **state)
{
	const struct fake_sweep sweep = { .setup = setup,
					  .run = make_state,
					  .names = "boot record|/store",
					  .check = check_create };
	struct err err = ERR_INIT;

	(void)state;
	assert_in_range(fake_sweep(&sweep), 8, 20);
	assert_int_equal(make_state(&err), -EEXIST);
	setup();
	fake_text("/store/state.new", "left by a power cut");
	assert_int_equal(make_state(&err), 0);
	assert_int_equal(write_next(&err), 0);
	assert_written(1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sweep_write),
		cmocka_unit_test(sweep_create),
		cmocka_unit_test(reads_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
