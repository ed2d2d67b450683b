/* SPDX-License-Identifier: Apache-2.0 */
/* What laminactl prints, and what it tells of a supervised application, from what init says of it. */
#include "bytes.h"
#include "rendered.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/app.h"

static void test_json(void **state)
{
	struct out out;

	(void)state;
	render(&out);
	json_open(&out, NULL, '{');
	json_text(&out, "text", "a \"quoted\" \\ back\nslash \x7f");
	json_text(&out, "utf8", "\xc3\xa4 \xc2\x9b \xff end");
	json_text(&out, "nothing", NULL);
	json_number(&out, "most", UINT64_MAX);
	json_bool(&out, "yes", true);
	json_open(&out, "empty", '[');
	json_close(&out, ']');
	json_open(&out, "list", '[');
	json_bool(&out, NULL, false);
	json_open(&out, NULL, '{');
	json_close(&out, '}');
	json_close(&out, ']');
	json_close(&out, '}');
	assert_string_equal(
		rendered(&out),
		"{\n"
		"  \"text\": \"a \\\"quoted\\\" \\\\ back\\u000aslash \\u007f\",\n"
		"  \"utf8\": \"\xc3\xa4 \\u009b \\ufffd end\",\n"
		"  \"nothing\": null,\n"
		"  \"most\": 18446744073709551615,\n"
		"  \"yes\": true,\n"
		"  \"empty\": [],\n"
		"  \"list\": [\n"
		"    false,\n"
		"    {}\n"
		"  ]\n"
		"}\n");
}

static void test_text(void **state)
{
	struct out out;

	(void)state;
	render(&out);
	out_addf(&out, "%s %d ", "number", 7);
	out_clean(&out, "red \033[31m, \xc3\xa4, \xc2\x9b, \xff");
	assert_string_equal(rendered(&out), "number 7 red ?[31m, \xc3\xa4, ?, ?");
}

/* More than the buffer holds comes out whole and in order. */
static void test_long(void **state)
{
	static const char digits[] = "0123456789";
	const char *text;
	struct out out;

	(void)state;
	render(&out);
	for (int i = 0; i < 500; i++)
		out_add(&out, digits);
	text = rendered(&out);
	assert_int_equal(strlen(text), 5000);
	for (int i = 0; i < 500; i++)
		assert_memory_equal(text + 10 * i, digits, 10);
}

static void test_first_failure_is_told(void **state)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct err err = ERR_INIT;
	struct out out;

	(void)state;
	out_init(&out, fd);
	out_add(&out, "x");
	assert_int_equal(out_done(&out, &err), -ENOSPC);
	assert_string_equal(err.text, "standard output: No space left on device");
	close(fd);
}

static const char *told(const char *lines, uint64_t for_ms)
{
	char text[512];
	struct app app;
	struct out out;

	(void)snprintf(text, sizeof(text), "since=%llu\n%s",
		       (unsigned long long)(clock_now_us() / 1000 - for_ms), lines);
	assert_true(app_parse(text, &app));
	render(&out);
	app_text(&out, &app);
	return rendered(&out);
}

static void app_as_text(void **state)
{
	(void)state;
	if (clock_now_us() / 1000 < 200 * 1000) /* such as a board that just booted */
		skip_for("this machine has not been up for 200 s");
	assert_string_equal(told("state=running\nrestarts=0\nhealth=none\n", 1500),
			    "running for 1 s, 0 restarts");
	assert_string_equal(
		told("state=running\nrestarts=1\nhealth=healthy\n"
		     "status=256\n",
		     150 * 1000),
		"running for 2 min, 1 restart, healthy, last ended with status 1");
	assert_string_equal(told("state=waiting\nrestarts=7\nhealth=none\nstatus=9\n", 0),
			    "waiting for 0 s, 7 restarts, last killed by signal 9");
	assert_string_equal(
		told("state=waiting\nrestarts=1\nhealth=none\nstatus=-2\n", 0),
		"waiting for 0 s, 1 restart, not started: No such file or directory");
	assert_string_equal(
		told("state=running\nrestarts=0\nhealth=healthy\nconfine=no\n", 0),
		"running for 0 s, 0 restarts, healthy, not confined");
	assert_string_equal(told("state=done\nhealth=none\nstatus=32256\n"
				 "failure=/bin/x: Permission\x1b denied\n",
				 200 * 1000),
			    "done for 3 min, 0 restarts, last ended with status 126: "
			    "/bin/x: Permission? denied");
}

static void app_of_nothing(void **state)
{
	struct app app;

	(void)state;
	assert_false(app_parse("", &app));
	assert_false(app_parse("since=5\nrestarts=1", &app));
	assert_true(app_parse("state=done\nsince=99999999999999999999\n", &app));
	assert_int_equal(app.since_ms, 0);
	assert_false(app.ended);
}

static const char *json(const char *lines)
{
	struct app app;
	struct out out;

	assert_true(app_parse(lines, &app));
	render(&out);
	json_open(&out, NULL, '{');
	app_json(&out, &app);
	json_close(&out, '}');
	return rendered(&out);
}

static void app_as_json(void **state)
{
	(void)state;
	assert_non_null(
		strstr(json("state=running\nconfine=no\n"), "\"confined\": false"));
	assert_non_null(strstr(json("state=done\nhealth=none\n"), "\"confined\": true"));
	assert_non_null(strstr(json("state=done\nhealth=none\n"), "\"lastEnd\": null"));
	assert_non_null(strstr(json("state=done\nstatus=256\n"), "\"status\": 1"));
	assert_non_null(strstr(json("state=done\nstatus=9\n"), "\"signal\": 9"));
	assert_non_null(strstr(json("state=done\nstatus=-13\nfailure=no way\n"),
			       "\"reason\": \"no way\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_first_failure_is_told),
		cmocka_unit_test(app_as_text),
		cmocka_unit_test(app_of_nothing),
		cmocka_unit_test(app_as_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
