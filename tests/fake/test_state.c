/* SPDX-License-Identifier: Apache-2.0 */
#include "store/state.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/sys.h"
#include "fake/fake.h"
#include "store/lock.h"
#include "store/store.h"
#include "trust/digest.h"

#define COPY(n) ((size_t)(n)*RECORD_STRIDE)

static const char *device;
static struct record last; /* what a run wanted to write */

static void setup(void)
{
	fake_reset();
	fake_boot();
	fake_dir("/store");
}

/* The bytes of a copy whose checksum holds. */
static void encode(uint64_t seq, uint8_t fill, uint8_t ret_bytes[RECORD_SIZE])
{
	struct record record = { .seq = seq, .boots = fill };
	uint8_t hash[DIGEST_SIZE];

	memset(record.current, fill, sizeof(record.current));
	record_encode(&record, ret_bytes);
	assert_int_equal(digest_of(ret_bytes, RECORD_SUM_OFFSET, hash), 0);
	memcpy(ret_bytes + RECORD_SUM_OFFSET, hash, RECORD_SUM_SIZE);
}

/* A file of two copies; seq 0: zeros. */
static void put_state(uint64_t seq_a, uint64_t seq_b)
{
	uint8_t bytes[RECORD_ROOM] = { 0 };

	setup();
	if (seq_a)
		encode(seq_a, 0xa, bytes);
	if (seq_b)
		encode(seq_b, 0xb, bytes + RECORD_STRIDE);
	fake_bytes("/store/state", bytes, sizeof(bytes));
}

static int open_state(bool write, struct err *err)
{
	__fd int store = store_open("/store", err);

	return store < 0 ? store : state_open(store, device, write, err);
}

static int read_state(struct record *ret_record, struct state_copies *ret_copies,
		      struct err *err)
{
	__fd int fd = open_state(false, err);

	return fd < 0 ? fd : state_read(fd, ret_record, ret_copies, err);
}

static int write_next(struct err *err)
{
	struct record record = { .boots = 99 };
	__fd int fd = open_state(true, err);
	int r;

	if (fd < 0)
		return fd;
	memset(record.current, 0xc, sizeof(record.current));
	r = state_write(fd, &record, err);
	last = record;
	return r;
}

/* Both are the same, seq @seq, and of write_next(). */
static void assert_written(uint64_t seq)
{
	const char *bytes = fake_text_of("/store/state");
	struct err err = ERR_INIT;
	struct state_copies copies;
	struct record record;

	assert_int_equal(read_state(&record, &copies, &err), 0);
	assert_int_equal(record.seq, seq);
	assert_int_equal(record.boots, 99);
	assert_int_equal(copies.copies[0], 0);
	assert_int_equal(copies.copies[1], 0);
	assert_memory_equal(bytes, bytes + COPY(1), RECORD_STRIDE);
}

static void the_newer_copy_counts(void **state)
{
	static const struct {
		uint64_t a, b;
		uint32_t boots;
	} cases[] = {
		{ 1, 2, 0xb }, { 2, 1, 0xa }, { 7, 7, 0xa }, { 5, 0, 0xa }, { 0, 5, 0xb },
	};
	struct err err = ERR_INIT;
	struct record record;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_state(cases[i].a, cases[i].b);
		assert_int_equal(read_state(&record, NULL, &err), 0);
		assert_int_equal(record.boots, cases[i].boots);
		assert_null(fake_leaks());
	}
}

static void no_record(void **state)
{
	struct err err = ERR_INIT;
	struct state_copies copies;
	struct record record;

	(void)state;
	setup();
	assert_int_equal(read_state(&record, NULL, &err), -ENOENT);
	put_state(0, 0);
	assert_int_equal(read_state(&record, &copies, &err), -ENODATA);
	assert_int_equal(copies.copies[0], -ENODATA);
	assert_string_equal(err.text, "no boot record was ever written");
	fake_bytes("/store/state", "short", 5);
	assert_int_equal(read_state(&record, NULL, &err), -EINVAL);
	fake_dir("/store/state/x");
	setup();
	fake_dir("/store/state");
	assert_int_equal(read_state(&record, NULL, &err), -EINVAL);
	assert_int_equal(write_next(&err), -EINVAL);
	setup();
	fake_fifo("/store/state");
	assert_int_equal(read_state(&record, NULL, &err), -EINVAL);
	setup();
	fake_link("/store/state", "elsewhere");
	fake_bytes("/store/elsewhere", (uint8_t[RECORD_ROOM]){ 0 }, RECORD_ROOM);
	assert_int_equal(read_state(&record, NULL, &err), -EINVAL);
}

/* Any one byte of a copy that changes makes it count no more. */
static void every_byte_is_covered(void **state)
{
	uint8_t bytes[RECORD_ROOM];
	struct err err = ERR_INIT;
	struct state_copies copies;
	struct record record;

	(void)state;
	for (size_t at = 0; at < RECORD_SIZE; at++) {
		memset(bytes, 0, sizeof(bytes));
		encode(4, 0xa, bytes);
		encode(9, 0xb, bytes + RECORD_STRIDE);
		bytes[COPY(1) + at] ^= 0x10;
		setup();
		fake_bytes("/store/state", bytes, sizeof(bytes));
		assert_int_equal(read_state(&record, &copies, &err), 0);
		assert_int_equal(record.boots, 0xa);
		assert_int_equal(copies.copies[1], at < 8 ? -ENODATA : -EBADMSG);
	}
	bytes[0] ^= 1;
	bytes[200] ^= 1;
	fake_bytes("/store/state", bytes, sizeof(bytes));
	assert_int_equal(read_state(&record, &copies, &err), -EBADMSG);
	assert_string_equal(err.text, "boot record: no copy is whole");
}

/* Hands off what a newer Lamina wrote, unless it is the older copy. */
static void a_newer_version(void **state)
{
	uint8_t bytes[RECORD_ROOM] = { 0 }, hash[DIGEST_SIZE], *newer = bytes + COPY(1);
	struct err err = ERR_INIT;
	struct record record;

	(void)state;
	for (uint64_t seq = 4; seq <= 6; seq += 2) {
		encode(5, 0xa, bytes);
		encode(seq, 0xb, newer);
		newer[8] = 2;
		assert_int_equal(digest_of(newer, RECORD_SUM_OFFSET, hash), 0);
		memcpy(newer + RECORD_SUM_OFFSET, hash, RECORD_SUM_SIZE);
		setup();
		fake_bytes("/store/state", bytes, sizeof(bytes));
		assert_int_equal(read_state(&record, NULL, &err),
				 seq == 6 ? -ENOTSUP : 0);
		assert_int_equal(write_next(&err), seq == 6 ? -ENOTSUP : 0);
		if (seq == 6)
			assert_memory_equal(fake_text_of("/store/state"), bytes,
					    sizeof(bytes));
	}
}

static long long first_write(void)
{
	long long at = -1;
	int n = 1;

	while (n <= fake_calls() && sscanf(fake_call(n), "pwrite at %lld", &at) != 1)
		n++;
	return at;
}

static void writes_both_copies(void **state)
{
	static const struct {
		uint64_t a, b, seq;
		long long first; /* where the first write goes */
	} cases[] = {
		{ 0, 0, 1, 0 },
		{ 3, 4, 5, 0 },
		{ 4, 3, 5, 4096 },
		{ 8, 0, 9, 4096 },
	};
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_state(cases[i].a, cases[i].b);
		assert_int_equal(write_next(&err), 0);
		assert_int_equal(last.seq, cases[i].seq);
		assert_int_equal(first_write(), cases[i].first);
		assert_written(cases[i].seq);
		assert_int_equal(write_next(&err), 0);
		assert_written(cases[i].seq + 1);
	}
	put_state(UINT64_MAX, 3);
	assert_int_equal(write_next(&err), -EOVERFLOW);
}

/* Where direct reads don't work, the page is dropped from the cache and read again. */
static void without_direct_reads(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	put_state(3, 4);
	fake_config.no_direct_io = true;
	assert_int_equal(write_next(&err), 0);
	assert_true(fake_called("fadvise 0, 4096"));
	assert_true(fake_called("fadvise 4096, 4096"));
	assert_written(5);
	put_state(3, 4);
	assert_int_equal(write_next(&err), 0);
	assert_false(fake_called("fadvise"));
}

static void on_a_partition(void **state)
{
	static const uint8_t zeros[RECORD_ROOM];
	struct err err = ERR_INIT;
	struct record record;

	(void)state;
	setup();
	fake_disk("vdb", NULL, "DEVNAME=vdb\nDEVTYPE=disk\n", zeros, sizeof(zeros));
	device = "/dev/vdb";
	assert_int_equal(read_state(&record, NULL, &err), -ENODATA);
	assert_int_equal(write_next(&err), 0);
	assert_int_equal(read_state(&record, NULL, &err), 0);
	assert_int_equal(record.boots, 99);
	device = "/dev/null";
	assert_int_equal(read_state(&record, NULL, &err), -EINVAL);
	device = NULL;
}

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

static int lock_once(struct err *err)
{
	__fd int store = store_open("/store", err);

	return store < 0 ? store : lock_take(store, err);
}

static void one_writer(void **state)
{
	const struct fake_sweep sweep = { .setup = setup,
					  .run = lock_once,
					  .names = "lock|/store" };
	struct err err = ERR_INIT;
	int first, r;

	(void)state;
	assert_int_equal(fake_sweep(&sweep), 2);
	first = store_open("/store", &err);
	assert_int_equal(lock_take(first, &err), 0);
	r = lock_once(&err);
	assert_int_equal(r, -EAGAIN);
	assert_non_null(strstr(err.text, "locked"));
	fd_close(first);
	assert_int_equal(lock_once(&err), 0);
}

static int start(void **state)
{
	(void)state;
	return trust_start(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newer_copy_counts),
		cmocka_unit_test(no_record),
		cmocka_unit_test(every_byte_is_covered),
		cmocka_unit_test(a_newer_version),
		cmocka_unit_test(writes_both_copies),
		cmocka_unit_test(without_direct_reads),
		cmocka_unit_test(on_a_partition),
		cmocka_unit_test(sweep_write),
		cmocka_unit_test(sweep_create),
		cmocka_unit_test(one_writer),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
