/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing an image while any call of it fails: there is one that boots all the same, and
 * no candidate is started without having been counted on the disk. */
#include "fake/store.h"
#include "slot/select.h"
#include "slot/state.h"

static struct select_image image;
static uint8_t candidate_tries; /* 0: there is no candidate */
static bool writable_fails;

static int make_writable(void *context, bool writable, struct err *err)
{
	(void)context;
	return writable && writable_fails ? err_set(err, -EROFS, "no writing") : 0;
}

static void say(void *context, const char *text)
{
	(void)context;
	assert_true(text[0]);
}

static void put_record(void)
{
	__fd int store = store_open("/store", NULL);
	__fd int fd = state_create(store, NULL);
	struct record record = { 0 };

	record.current = old.digest;
	if (candidate_tries)
		record.candidate = new.digest;
	record.tries_left = record.tries_initial = candidate_tries;
	assert_int_equal(state_write(fd, &record, NULL), 0);
}

static void set_up(void)
{
	setup_shared();
	put_image("/store", &new);
	put_image("/factory", &old);
	put_record();
}

static int select_one(struct err *err)
{
	static const struct select_ops ops = { .writable = make_writable, .say = say };
	__fd int store = store_open("/store", err);
	__fd int factory = store_open("/factory", err);
	struct select select = { .settings = &image_settings,
				 .ops = &ops,
				 .store = store,
				 .factory = factory };
	int r;

	if (store < 0 || factory < 0)
		return -ENODEV; /* not what is tested */
	r = select_open(&select, err);
	return r < 0 ? r : select_next(&select, &image, err);
}

static struct record read_record(struct state_copies *ret_copies)
{
	__fd int store = store_open("/store", NULL);
	__fd int fd = state_open(store, NULL, false, NULL);
	struct record record = { 0 };

	assert_int_equal(state_read(fd, &record, ret_copies, NULL), 0);
	return record;
}

static void check(int r, const struct err *err, const char *call)
{
	struct state_copies copies;
	struct record record = read_record(&copies);

	if (r == -ENODEV)
		return;
	if (r < 0)
		fail_msg("%s: nothing boots: %s", call, err->text);
	if (fake_leaks())
		fail_msg("%s: left %s", call, fake_leaks());
	if (image.slot != DECIDE_CANDIDATE)
		return;
	if (record.tries_left != candidate_tries - 1 || copies.copies[0] != 0 ||
	    copies.copies[1] != 0)
		fail_msg("%s: started and not counted", call);
}

/* The number of calls; every one has failed once. */
static int fail_each(enum decide_slot expected)
{
	for (int n = 1;; n++) {
		struct err err = ERR_INIT;
		const char *call;
		int r;

		set_up();
		fake_fail(n, EIO);
		r = select_one(&err);
		call = fake_failed();
		fake_fail(0, 0);
		check(r, &err, call ? call : "no call");
		if (!call) {
			assert_int_equal(image.slot, expected);
			return n - 1;
		}
	}
}

static void current(void **state)
{
	(void)state;
	candidate_tries = 0;
	assert_true(fail_each(DECIDE_CURRENT) > 15);
}

static void candidate(void **state)
{
	(void)state;
	candidate_tries = 3;
	assert_true(fail_each(DECIDE_CANDIDATE) > 30);
	writable_fails = true;
	(void)fail_each(DECIDE_CURRENT);
	writable_fails = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(current),
		cmocka_unit_test(candidate),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
