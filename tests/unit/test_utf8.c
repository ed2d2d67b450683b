/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "cli/utf8.h"

static int32_t first(const char *text, size_t size)
{
	const char *at = text;
	int32_t code = utf8_next(&at);

	assert_int_equal(at - text, code < 0 ? 1 : size);
	return code;
}

static void test_characters(void **state)
{
	(void)state;
	assert_int_equal(first("a", 1), 'a');
	assert_int_equal(first("\x7f", 1), 0x7f);
	assert_int_equal(first("\xc2\x80", 2), 0x80);
	assert_int_equal(first("\xdf\xbf", 2), 0x7ff);
	assert_int_equal(first("\xe0\xa0\x80", 3), 0x800);
	assert_int_equal(first("\xed\x9f\xbf", 3), 0xd7ff);
	assert_int_equal(first("\xef\xbf\xbf", 3), 0xffff);
	assert_int_equal(first("\xf0\x90\x80\x80", 4), 0x10000);
	assert_int_equal(first("\xf4\x8f\xbf\xbf", 4), 0x10ffff);
	assert_int_equal(first("", 0), 0);
}

static void test_what_is_none(void **state)
{
	static const char *const texts[] = {
		"\x80",
		"\xbf",
		"\xc0\x80",
		"\xc1\xbf",
		"\xc2",
		"\xc2z",
		"\xe0\x9f\xbf",
		"\xe1\x80",
		"\xed\xa0\x80",
		"\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80",
		"\xff",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(first(texts[i], 0), -1);
}

static void clean(const char *text, const char *expected)
{
	char buf[64];

	strcpy(buf, text);
	utf8_clean(buf);
	assert_string_equal(buf, expected);
}

static void test_clean(void **state)
{
	(void)state;
	clean("", "");
	clean("plain text", "plain text");
	clean("na\xc3\xafve \xe2\x82\xac \xf0\x9f\x99\x82",
	      "na\xc3\xafve \xe2\x82\xac \xf0\x9f\x99\x82");
	clean("\033[2J\r\n\ttab", "?[2J???tab");
	clean("c1 \xc2\x9b raw \x9b del \x7f", "c1 ? raw ? del ?");
	clean("cut \xe2\x82", "cut ??");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_what_is_none),
		cmocka_unit_test(test_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
