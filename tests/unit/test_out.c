/* SPDX-License-Identifier: Apache-2.0 */
#include "rendered.h"

#include <fcntl.h>
#include <string.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_first_failure_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
