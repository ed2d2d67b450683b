/* SPDX-License-Identifier: Apache-2.0 */
/* An application's output, written into its ring and read back from the file. */
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
#include "init/supervise/log.h"

#define SIZE 16384

static int run = -EBADF;

static void setup(void)
{
	fake_reset();
	fake_boot();
	fake_dir("/run/lamina");
	run = sys_openat(AT_FDCWD, "/run/lamina", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	assert_true(run >= 0);
}

static int read_log(void *context, uint64_t offset, void *buf, size_t size)
{
	return fd_pread_all(*(const int *)context, buf, size, offset);
}

static void begin(struct log *log, struct ring_reader *reader)
{
	struct err err = ERR_INIT;

	setup();
	if (log_open(log, run, "demo", SIZE, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(ring_open(reader, read_log, &log->fd, SIZE), 0);
}

static void assert_line(struct ring_reader *reader, const char *text, uint8_t stream,
			bool open)
{
	char bytes[RING_MAX_BYTES];
	struct ring_record record;

	assert_int_equal(ring_next(reader, &record, bytes), 1);
	assert_int_equal(record.size, strlen(text));
	assert_memory_equal(bytes, text, record.size);
	assert_int_equal(record.stream, stream);
	assert_int_equal(record.open, open);
}

static void lines_are_records(void **state)
{
	static char many[RING_MAX_BYTES];
	struct ring_reader reader;
	char bytes[RING_MAX_BYTES];
	struct ring_record record;
	struct log log;

	(void)state;
	begin(&log, &reader);
	log_add(&log, 0, "one\n\nthr", 8, true);
	log_add(&log, 1, "fault\n", 6, true);
	log_add(&log, 0, "ee\n", 3, true);
	assert_line(&reader, "one", 0, false);
	assert_line(&reader, "", 0, false);
	assert_line(&reader, "thr", 0, true);
	assert_line(&reader, "fault", 1, false);
	assert_line(&reader, "ee", 0, false);
	assert_int_equal(ring_next(&reader, &record, bytes), 0);
	/* more heads than there is room for at once, and more lines than the ring has */
	memset(many, '\n', sizeof(many));
	assert_int_equal(log_add(&log, 0, many, sizeof(many), true),
			 RING_RECORD_SIZE * sizeof(many));
	assert_int_equal(ring_next(&reader, &record, bytes), 1);
	assert_true(reader.lost > 3000);
	while (ring_next(&reader, &record, bytes) > 0)
		;
	assert_int_equal(reader.number, 5 + sizeof(many));
	log_unshown(&log, 11);
	log_unshown(&log, 4);
	assert_int_equal(ring_next(&reader, &record, bytes), 0);
	assert_int_equal(reader.head.unshown, 15);
	fd_close(log.fd);
}

static void last_words(void **state)
{
	struct ring_reader reader;
	char text[8];
	struct log log;

	(void)state;
	begin(&log, &reader);
	log_last(run, "demo", text, sizeof(text));
	assert_string_equal(text, "");
	log_add(&log, 0, "one\ntwo\n\n", 9, true);
	log_last(run, "demo", text, sizeof(text));
	assert_string_equal(text, "two");
	log_add(&log, 1, "a longer one\n", 13, true);
	log_last(run, "demo", text, sizeof(text));
	assert_string_equal(text, "a longe");
	log_last(run, "other", text, sizeof(text));
	assert_string_equal(text, "");
	assert_int_equal(sys_ftruncate(log.fd, 100), 0);
	log_last(run, "demo", text, sizeof(text));
	assert_string_equal(text, "");
	fd_close(log.fd);
}

/* One that takes no more is no reason for an application to stop. */
static void no_log(void **state)
{
	struct log log = { .fd = -EBADF };

	(void)state;
	setup();
	log_add(&log, 0, "x\n", 2, true);
	log_unshown(&log, 1);
}

static struct log swept;

static int open_it(struct err *err)
{
	int r = log_open(&swept, run, "demo", SIZE, err);

	fd_close(swept.fd);
	fd_close(run);
	return r;
}

static void every_call_fails_once(void **state)
{
	const struct fake_sweep sweep = {
		.setup = setup,
		.run = open_it,
		.names = "logs",
	};

	(void)state;
	assert_true(fake_sweep(&sweep) > 4);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_records),
		cmocka_unit_test(last_words),
		cmocka_unit_test(no_log),
		cmocka_unit_test(every_call_fails_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
