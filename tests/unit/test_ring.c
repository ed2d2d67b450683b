/* SPDX-License-Identifier: Apache-2.0 */
/* The ring of an application's output: what is written is read, what was overwritten is
 * counted, and nothing that a file holds makes the reader go astray. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "format/ring.h"

#define DATA 512

static uint8_t file[RING_HEAD_SIZE + DATA];
static struct ring_head head;
static unsigned int reads;
static void (*between)(void);

static int read_file(void *context, uint64_t offset, void *buf, size_t size)
{
	(void)context;
	reads++;
	assert_true(offset <= sizeof(file) && size <= sizeof(file) - offset);
	memcpy(buf, file + offset, size);
	if (between && size != RING_HEAD_SIZE)
		between();
	return 0;
}

static void put(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		file[RING_HEAD_SIZE + (head.head + i) % DATA] = bytes[i];
	head.head += size;
}

static void add(const char *text)
{
	struct ring_record record = { .size = (uint32_t)strlen(text),
				      .number = head.count,
				      .time_ms = 7 };
	uint8_t bytes[RING_RECORD_SIZE];

	ring_make_room(&head, sizeof(bytes) + record.size, read_file, NULL);
	ring_encode_record(&record, bytes);
	put(bytes, sizeof(bytes));
	put((const uint8_t *)text, record.size);
	head.count++;
	ring_encode_head(&head, file);
}

static struct ring_reader reader;

static int setup(void **state)
{
	(void)state;
	memset(file, 0, sizeof(file));
	head = (struct ring_head){ .size = DATA };
	ring_encode_head(&head, file);
	between = NULL;
	reads = 0;
	return 0;
}

static void begin(void)
{
	assert_int_equal(ring_open(&reader, read_file, NULL, sizeof(file)), 0);
}

static void assert_next(const char *text)
{
	char bytes[RING_MAX_BYTES];
	struct ring_record record;

	assert_int_equal(ring_next(&reader, &record, bytes), 1);
	assert_int_equal(record.size, strlen(text));
	assert_memory_equal(bytes, text, record.size);
	assert_int_equal(record.time_ms, 7);
}

static int next(void)
{
	char bytes[RING_MAX_BYTES];
	struct ring_record record;

	return ring_next(&reader, &record, bytes);
}

static void what_is_written_is_read(void **state)
{
	(void)state;
	begin();
	assert_int_equal(next(), 0);
	add("one");
	add("");
	assert_next("one");
	assert_next("");
	assert_int_equal(next(), 0);
	add("three");
	assert_next("three");
	assert_int_equal(reader.lost, 0);
}

/* Records of every length, so that heads and texts lie across the end in every way. */
static void the_oldest_go(void **state)
{
	char text[64];

	(void)state;
	begin();
	for (int i = 0; i < 2000; i++) {
		(void)snprintf(text, sizeof(text), "%0*d", 1 + i % 41, i);
		add(text);
		assert_next(text);
		assert_true(head.head - head.tail <= DATA);
	}
	assert_int_equal(reader.lost, 0);
	begin();
	assert_int_equal(next(), 1);
	assert_true(reader.lost > 1900);
	while (next() > 0)
		;
	assert_int_equal(reader.number, 2000);
}

static void the_slow_are_told(void **state)
{
	(void)state;
	begin();
	add("read");
	assert_next("read");
	for (int i = 0; i < 100; i++)
		add("a line of thirty bytes or such");
	assert_int_equal(next(), 1);
	assert_int_equal(reader.lost, 100 - DATA / (RING_RECORD_SIZE + 30));
	while (next() > 0)
		;
	assert_int_equal(reader.number, 101);
}

static void write_between(void)
{
	static int turn;

	if (++turn % 2 == 0)
		return;
	between = NULL;
	for (int i = 0; i < 9; i++)
		add("faster than the reader, by far, it is");
	between = write_between;
}

/* The writer overtakes between the two reads of a record: it is not passed on. */
static void overtaken_while_reading(void **state)
{
	char bytes[RING_MAX_BYTES];
	struct ring_record record;
	int r, got = 0;

	(void)state;
	add("first");
	begin();
	between = write_between;
	for (int i = 0; i < 50; i++) {
		r = ring_next(&reader, &record, bytes);
		assert_true(r == 1 || r == -EAGAIN);
		if (r < 0)
			continue;
		got++;
		assert_int_equal(record.size, 37);
		assert_memory_equal(bytes, "faster than the reader, by far, it is", 37);
	}
	assert_true(got > 0 || reader.lost == 0);
}

static void heads_that_are_none(void **state)
{
	static const struct ring_head heads[] = {
		{ .size = DATA - 1 },
		{ .size = 0 },
		{ .size = DATA, .tail = 9, .head = 8 },
		{ .size = DATA, .head = DATA + 1 },
		{ .size = DATA, .tail = 1, .head = UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		ring_encode_head(&heads[i], file);
		assert_int_equal(ring_open(&reader, read_file, NULL, sizeof(file)),
				 -EBADMSG);
	}
	memset(file, 0, sizeof(file));
	assert_int_equal(ring_open(&reader, read_file, NULL, sizeof(file)), -EBADMSG);
	assert_int_equal(ring_open(&reader, read_file, NULL, RING_HEAD_SIZE - 1),
			 -EBADMSG);
	/* half written, for ever */
	ring_encode_head(&head, file);
	file[9] ^= 1;
	assert_int_equal(ring_open(&reader, read_file, NULL, sizeof(file)), -EAGAIN);
	assert_true(reads < 1000);
}

/* One byte of any record changed: refused, or read as what it says, within the ring. */
static void records_that_are_none(void **state)
{
	uint8_t good[sizeof(file)];

	(void)state;
	for (int i = 0; i < 30; i++)
		add("some text");
	memcpy(good, file, sizeof(file));
	for (size_t at = RING_HEAD_SIZE; at < sizeof(file); at++) {
		int r, turns = 0;

		file[at] ^= 0x81;
		begin();
		while ((r = next()) > 0 && ++turns < 100)
			;
		assert_true(r == 0 || r == -EBADMSG);
		memcpy(file, good, sizeof(file));
	}
	/* the writer's own rubbish costs the records, not the writer */
	memset(file + RING_HEAD_SIZE, 0xff, DATA);
	add("fresh");
	begin();
	assert_next("fresh");
	assert_int_equal(next(), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_is_written_is_read, setup),
		cmocka_unit_test_setup(the_oldest_go, setup),
		cmocka_unit_test_setup(the_slow_are_told, setup),
		cmocka_unit_test_setup(overtaken_while_reading, setup),
		cmocka_unit_test_setup(heads_that_are_none, setup),
		cmocka_unit_test_setup(records_that_are_none, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
