/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a log on the store: what is written is read, and nothing else is. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "format/kept.h"

#define BOOT "0b3b1a5e-1234-5678-9abc-def012345678"
#define TIME "2026-11-30T15:20:01.123Z"
#define TIME_MS UINT64_C(1796052001123)

static char buf[KEPT_LINE_SIZE];
static struct str text;
static struct kept_line line;

static int parse(const char *of)
{
	return kept_parse(of, strlen(of), &line);
}

static void times(void **state)
{
	static const struct {
		uint64_t ms;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ TIME_MS, TIME },
		{ UINT64_C(951782399999), "2000-02-28T23:59:59.999Z" },
		{ UINT64_C(951782400000), "2000-02-29T00:00:00.000Z" },
		{ UINT64_C(4107542400000), "2100-03-01T00:00:00.000Z" },
		{ UINT64_C(4294967295000), "2106-02-07T06:28:15.000Z" },
	};
	char time[KEPT_TIME_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		kept_time(cases[i].ms, time);
		assert_string_equal(time, cases[i].text);
	}
}

static void written_and_read(void **state)
{
	static const char bytes[] = "a \0 line\t F ";
	struct ring_record record = {
		.size = sizeof(bytes) - 1, .stream = 1, .open = true, .time_ms = TIME_MS
	};

	(void)state;
	str_init(&text, buf, sizeof(buf));
	kept_write_record(&text, &record, bytes);
	assert_memory_equal(buf, TIME " stderr P a ", strlen(TIME " stderr P a "));
	assert_int_equal(buf[text.used - 1], '\n');
	assert_int_equal(kept_parse(buf, text.used - 1, &line), 0);
	assert_string_equal(line.time, TIME);
	assert_int_equal(line.stream, 1);
	assert_true(line.open);
	assert_int_equal(line.size, record.size);
	assert_memory_equal(line.text, bytes, record.size);
	str_init(&text, buf, sizeof(buf));
	kept_write_boot(&text, TIME_MS, BOOT, 17);
	assert_string_equal(buf, TIME " lamina F boot " BOOT " from 17\n");
	assert_int_equal(kept_parse(buf, text.used - 1, &line), 0);
	assert_null(line.text);
	assert_string_equal(line.boot, BOOT);
	assert_int_equal(line.number, 17);
	assert_int_equal(parse(TIME " stdout F "), 0);
	assert_int_equal(line.size, 0);
	assert_false(line.open);
}

/* The longest there is, with the longest number of a record. */
static void the_longest(void **state)
{
	static char bytes[RING_MAX_BYTES];
	struct ring_record record = { .size = sizeof(bytes), .time_ms = TIME_MS };

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	str_init(&text, buf, sizeof(buf));
	kept_write_record(&text, &record, bytes);
	assert_int_equal(str_done(&text), 0);
}

static void no_lines(void **state)
{
	static const char *const cases[] = {
		"",
		TIME,
		TIME " ",
		TIME " stdout F",
		TIME " stdin  F x",
		TIME " stdout X x",
		TIME " stdout_F x",
		TIME "_stdout F x",
		TIME " stdoutF  x",
		TIME " lamina F x",
		TIME " lamina F boot ",
		TIME " lamina F boot " BOOT,
		TIME " lamina F boot " BOOT " from ",
		TIME " lamina F boot " BOOT " from -1",
		TIME " lamina F boot " BOOT " from 1 ",
		TIME " lamina F boot " BOOT "0 from 1",
		TIME " lamina F boot  from 1",
		TIME " lamina F boot X from 1",
		"2026-11-30 15:20:01.123Z stdout F x",
		"2026-11-30T15:20:01.123 stdout F x",
		" 2026-11-30T15:20:01.123Z stdout F x",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (parse(cases[i]) != -EBADMSG)
			fail_msg("'%s' is read", cases[i]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(times),
		cmocka_unit_test(written_and_read),
		cmocka_unit_test(the_longest),
		cmocka_unit_test(no_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
