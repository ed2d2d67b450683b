/* SPDX-License-Identifier: Apache-2.0 */
/* The bar, on a terminal of our own in the place of stderr. */
#include "bytes.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/progress.h"

#define LONG_AGO 5000

static int master = -1, stderr_fd = -1;

static int start(void **state)
{
	struct winsize size = { .ws_col = 60, .ws_row = 24 };
	int terminal;

	(void)state;
	master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(terminal >= 0 && ioctl(terminal, TIOCSWINSZ, &size) == 0);
	stderr_fd = dup(2);
	assert_int_equal(dup2(terminal, 2), 2);
	return close(terminal);
}

static int end(void **state)
{
	(void)state;
	assert_int_equal(dup2(stderr_fd, 2), 2);
	return close(master) | close(stderr_fd);
}

/* What was drawn since; static memory. */
static const char *drawn(void)
{
	static char text[2048];
	struct pollfd poll_fd = { .fd = master, .events = POLLIN };
	size_t used = 0;

	while (poll(&poll_fd, 1, 0) > 0) {
		ssize_t n = read(master, text + used, sizeof(text) - 1 - used);

		assert_true(n > 0);
		used += (size_t)n;
	}
	text[used] = '\0';
	return text;
}

/* As if it had begun long ago. */
static void begin(struct progress *p, const char *name, uint64_t total)
{
	progress_init(p);
	progress_begin(p, "reading", name, total);
	p->start_ms -= LONG_AGO;
	p->last_ms -= LONG_AGO;
}

static void parts(void **state)
{
	struct progress p;

	(void)state;
	begin(&p, "x", 4096);
	progress_add(&p, 0);
	assert_string_equal(
		drawn(), "\r[........................] 0 B of 4.0 KiB  reading x\033[K");
	p.last_ms -= LONG_AGO;
	progress_add(&p, 2048);
	assert_string_equal(
		drawn(),
		"\r[############............] 2.0 KiB of 4.0 KiB  reading x\033[K");
	p.last_ms -= LONG_AGO;
	progress_add(&p, 2048);
	assert_string_equal(
		drawn(),
		"\r[########################] 4.0 KiB of 4.0 KiB  reading x\033[K");
	progress_verb(&p, "packing");
	assert_non_null(strstr(drawn(), "packing x"));
	progress_end(&p);
	assert_string_equal(drawn(), "\r\033[K");
	progress_end(&p);
	assert_string_equal(drawn(), "");
}

static void more_than_was_said(void **state)
{
	struct progress p;

	(void)state;
	begin(&p, "x", 4096);
	progress_add(&p, 8192);
	assert_non_null(strstr(drawn(), "[########################] 8.0 KiB of 4.0 KiB"));
}

static void nobody_knows_how_much(void **state)
{
	struct progress p;

	(void)state;
	begin(&p, "x", 0);
	progress_add(&p, 2048);
	assert_string_equal(drawn(),
			    "\r[........................] 2.0 KiB  reading x\033[K");
}

static void not_wider_than_the_terminal(void **state)
{
	struct progress p;
	char name[400];
	const char *text;

	(void)state;
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	begin(&p, name, 4096);
	progress_add(&p, 1);
	text = drawn();
	assert_int_equal(strlen(text), 1 + 59 + strlen("\033[K"));
	assert_non_null(strstr(text, "reading nnnn"));
}

static void not_in_the_first_second_nor_too_often(void **state)
{
	struct progress p;

	(void)state;
	progress_init(&p);
	progress_begin(&p, "reading", "x", 4096);
	progress_add(&p, 1);
	progress_verb(&p, "packing");
	progress_end(&p);
	assert_string_equal(drawn(), "");
	begin(&p, "x", 4096);
	progress_add(&p, 1);
	(void)drawn();
	progress_add(&p, 1);
	assert_string_equal(drawn(), "");
}

static void no_terminal(void **state)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC), terminal = dup(2);
	struct progress p;

	(void)state;
	assert_int_equal(dup2(null, 2), 2);
	begin(&p, "x", 4096);
	assert_int_equal(dup2(terminal, 2), 2);
	progress_add(&p, 1);
	progress_end(&p);
	progress_add(NULL, 1);
	progress_end(NULL);
	assert_string_equal(drawn(), "");
	(void)close(null);
	(void)close(terminal);
}

/* A source is called what anybody called it. */
static void a_name_that_is_a_command(void **state)
{
	struct progress p;

	(void)state;
	begin(&p, "a\033[2Jb\302\2332J", 0);
	progress_add(&p, 1);
	assert_non_null(strstr(drawn(), "reading a?[2Jb?2J\033[K"));
	progress_end(&p);
	(void)drawn();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(parts, start, end),
		cmocka_unit_test_setup_teardown(more_than_was_said, start, end),
		cmocka_unit_test_setup_teardown(nobody_knows_how_much, start, end),
		cmocka_unit_test_setup_teardown(not_wider_than_the_terminal, start, end),
		cmocka_unit_test_setup_teardown(not_in_the_first_second_nor_too_often,
						start, end),
		cmocka_unit_test_setup_teardown(no_terminal, start, end),
		cmocka_unit_test_setup_teardown(a_name_that_is_a_command, start, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
