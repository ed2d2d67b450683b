/* SPDX-License-Identifier: Apache-2.0 */
#include "fake/state.h"

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
}

static void put_short(void)
{
	fake_bytes("/store/state", "short", 5);
}

static void put_nothing(void)
{
	fake_bytes("/store/state", "", 0);
}

static void put_directory(void)
{
	fake_dir("/store/state");
}

static void put_fifo(void)
{
	fake_fifo("/store/state");
}

static void put_link(void)
{
	static const uint8_t zeros[RECORD_ROOM];

	fake_link("/store/state", "elsewhere");
	fake_bytes("/store/elsewhere", zeros, RECORD_ROOM);
}

static void (*const in_the_way[])(void) = {
	put_short, put_nothing, put_directory, put_fifo, put_link,
};

static int create_state(struct err *err)
{
	__fd int store = store_open("/store", err);
	__fd int fd = state_create(store, err);

	return fd < 0 ? fd : 0;
}

/* The file is whole before it has the name: later nothing is to be allocated for it. */
static void as_written(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	setup();
	put_directory();
	assert_int_equal(create_state(&err), 0);
	assert_int_equal(write_next(&err), 0);
	fake_as_written("record");
}

/* What has the name and is no file of two copies can't hold a record: it is as good as one
 * that rotted, and gives way. */
static void not_a_record(void **state)
{
	static const uint8_t zeros[RECORD_ROOM];

	(void)state;
	for (size_t i = 0; i < sizeof(in_the_way) / sizeof(in_the_way[0]); i++) {
		struct err err = ERR_INIT;
		struct record record;

		setup();
		in_the_way[i]();
		assert_int_equal(read_state(&record, NULL, &err), -EBADMSG);
		assert_string_equal(err.text,
				    "boot record: not a file of 8192 bytes or more");
		assert_int_equal(write_next(&err), -EBADMSG);
		assert_int_equal(create_state(&err), 0);
		assert_int_equal(read_state(&record, NULL, &err), -ENODATA);
		assert_int_equal(write_next(&err), 0);
		assert_written(1);
		assert_int_equal(create_state(&err), -EEXIST);
		if (in_the_way[i] == put_link)
			assert_memory_equal(fake_text_of("/store/elsewhere"), zeros,
					    RECORD_ROOM);
		assert_null(fake_leaks());
	}
}

static void full_directories(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	setup();
	fake_dir("/store/state.new");
	assert_int_equal(create_state(&err), 0);
	setup();
	fake_dir("/store/state/x");
	assert_int_equal(create_state(&err), -ENOTEMPTY);
	assert_string_equal(err.text, "boot record: making the file state: "
				      "Directory not empty");
	assert_false(fake_exists("/store/state.new"));
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
		assert_int_equal(copies.copies[1], -EBADMSG);
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
	uint8_t bytes[RECORD_ROOM] = { 0 }, *newer = bytes + COPY(1);
	struct digest hash;
	struct err err = ERR_INIT;
	struct record record;

	(void)state;
	for (uint64_t seq = 4; seq <= 6; seq += 2) {
		encode(5, 0xa, bytes);
		encode(seq, 0xb, newer);
		newer[8] = 2;
		assert_int_equal(sha256_of(newer, RECORD_SUM_OFFSET, &hash), 0);
		memcpy(newer + RECORD_SUM_OFFSET, &hash, RECORD_SUM_SIZE);
		setup();
		fake_bytes("/store/state", bytes, sizeof(bytes));
		assert_int_equal(read_state(&record, NULL, &err),
				 seq == 6 ? -ENOTSUP : 0);
		assert_int_equal(record.boots, seq == 6 ? 0xb : 0xa);
		assert_int_equal(write_next(&err), seq == 6 ? -ENOTSUP : 0);
		if (seq == 6)
			assert_memory_equal(fake_text_of("/store/state"), bytes,
					    sizeof(bytes));
	}
	replaces_newer = true;
	assert_int_equal(write_next(&err), 0);
	assert_written(7);
	replaces_newer = false;
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
}

/* No number is the last one, and whatever is there is overtaken. */
static void any_number_is_overtaken(void **state)
{
	static const uint64_t seqs[] = {
		1,
		2,
		INT64_MAX - 1,
		INT64_MAX,
		1ULL << 63,
		(1ULL << 63) + 1,
		(1ULL << 63) + 2,
		UINT64_MAX - 1,
		UINT64_MAX,
	};
	const size_t count = sizeof(seqs) / sizeof(seqs[0]);
	struct err err = ERR_INIT;
	struct record record;

	(void)state;
	for (size_t i = 0; i < count * count; i++) {
		uint64_t a = seqs[i / count], b = seqs[i % count];
		uint64_t newest = record_is_later(b, a) ? b : a;

		put_state(a, b);
		assert_int_equal(write_next(&err), 0);
		/* a record that was made up has a number of its own, 0 */
		assert_true(last.seq == newest + 1 || last.seq == 1);
		assert_true(record_is_later(last.seq, newest));
		assert_written(last.seq);
		assert_int_equal(read_state(&record, NULL, &err), 0);
		assert_true(record.seq == last.seq && record.boots == 99);
	}
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newer_copy_counts),
		cmocka_unit_test(no_record),
		cmocka_unit_test(as_written),
		cmocka_unit_test(not_a_record),
		cmocka_unit_test(full_directories),
		cmocka_unit_test(every_byte_is_covered),
		cmocka_unit_test(a_newer_version),
		cmocka_unit_test(writes_both_copies),
		cmocka_unit_test(any_number_is_overtaken),
		cmocka_unit_test(without_direct_reads),
		cmocka_unit_test(on_a_partition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
