/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include <errno.h>

#include "base/str.h"
#include "format/lines.h"

static void keys_and_values(void **state)
{
	static const char text[] = "one\ntwo a\nthree a  b\n";
	struct err err = ERR_INIT;
	struct lines lines;

	(void)state;
	lines_init(&lines, SIZED(text));
	assert_int_equal(lines_next(&lines, &err), 1);
	assert_true(lines_is(&lines, "one"));
	assert_false(lines_is(&lines, "on"));
	assert_false(lines_is(&lines, "onee"));
	assert_int_equal(lines.value_size, 0);
	assert_int_equal(lines_next(&lines, &err), 1);
	assert_true(lines_is(&lines, "two"));
	assert_true(lines_equal(lines.value, lines.value_size, "a"));
	assert_int_equal(lines_next(&lines, &err), 1);
	assert_true(lines_equal(lines.value, lines.value_size, "a  b"));
	assert_int_equal(lines.number, 3);
	assert_int_equal(lines_next(&lines, &err), 0);
	assert_int_equal(lines_next(&lines, &err), 0);
}

static void words(void **state)
{
	struct err err = ERR_INIT;
	struct lines lines;
	const char *word;
	size_t size;

	(void)state;
	lines_init(&lines, SIZED("k a bc\nk\nk a  b\n"));
	assert_int_equal(lines_next(&lines, &err), 1);
	assert_int_equal(lines_word(&lines, &word, &size, &err), 1);
	assert_true(lines_equal(word, size, "a"));
	assert_int_equal(lines_word(&lines, &word, &size, &err), 1);
	assert_true(lines_equal(word, size, "bc"));
	assert_int_equal(lines_word(&lines, &word, &size, &err), 0);
	assert_int_equal(lines_next(&lines, &err), 1);
	assert_int_equal(lines_word(&lines, &word, &size, &err), 0);
	assert_int_equal(lines_next(&lines, &err), 1);
	assert_int_equal(lines_word(&lines, &word, &size, &err), 1);
	assert_refused(lines_word(&lines, &word, &size, &err), -EBADMSG, err,
		       "line 3: two spaces between words");
}

static void comments(void **state)
{
	struct err err = ERR_INIT;
	struct lines lines;

	(void)state;
	lines_init(&lines, SIZED("# gr\xc3\xbc\xc3\x9f\r\n\n#\nk\n\n"));
	lines.comments = true;
	assert_int_equal(lines_next(&lines, &err), 1);
	assert_true(lines_is(&lines, "k"));
	assert_int_equal(lines.number, 4);
	assert_int_equal(lines_next(&lines, &err), 0);
	lines_init(&lines, SIZED("#\n#"));
	lines.comments = true;
	assert_refused(lines_next(&lines, &err), -EBADMSG, err,
		       "line 2: does not end in a line feed");
}

static void refusals(void **state)
{
	static const struct {
		const char *text;
		size_t size;
		const char *words;
	} cases[] = {
		{ SIZED("a"), "line 1: does not end in a line feed" },
		{ SIZED("\n"), "line 1: is empty" },
		{ SIZED("a\r\n"), "line 1: byte 0x0d is not printable ASCII" },
		{ SIZED("a\0b\n"), "line 1: byte 0x00 is not printable ASCII" },
		{ SIZED("a\tb\n"), "line 1: byte 0x09 is not printable ASCII" },
		{ SIZED("a \x7f\n"), "line 1: byte 0x7f is not printable ASCII" },
		{ SIZED("a \x80\n"), "line 1: byte 0x80 is not printable ASCII" },
		{ SIZED("a \xff\n"), "line 1: byte 0xff is not printable ASCII" },
		{ SIZED("a \x1f\n"), "line 1: byte 0x1f is not printable ASCII" },
		{ SIZED(" a\n"), "line 1: starts with a space" },
		{ SIZED("a \n"), "line 1: ends with a space" },
		{ SIZED(" \n"), "line 1: starts with a space" },
		{ SIZED("a  b\n"), "line 1: two spaces after the key" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		struct lines lines;

		lines_init(&lines, cases[i].text, cases[i].size);
		assert_refused(lines_next(&lines, &err), -EBADMSG, err, cases[i].words);
	}
}

static void decodes_what_it_encodes(void **state)
{
	(void)state;
	for (int c = 1; c < 256; c++) {
		char text[4] = { 'a', (char)c, (char)c, '\0' }, spelled[16], again[4];

		for (int from = 0; from < 3; from++) {
			for (int spaces = 0; spaces < 2; spaces++) {
				struct str s;

				str_init(&s, spelled, sizeof(spelled));
				lines_encode(&s, text + from, spaces);
				assert_int_equal(str_done(&s), 0);
				assert_int_equal(lines_decode(spelled, s.used, spaces,
							      again, sizeof(again)),
						 3 - from);
				assert_string_equal(again, text + from);
			}
		}
	}
}

static void spellings(void **state)
{
	static const struct {
		const char *spelled;
		int spaces, result;
		const char *text;
	} cases[] = {
		{ "", 0, 0, "" },
		{ "a", 0, 1, "a" },
		{ "%20", 0, 1, " " },
		{ "%20", 1, 1, " " },
		{ "%20%20", 1, 2, "  " },
		{ "a b", 1, 3, "a b" },
		{ "a%20b", 0, 3, "a b" },
		{ "%25", 1, 1, "%" },
		{ "%FF%0A", 1, 2, "\xff\n" },
		{ "%20%20%20", 1, -EBADMSG, "" },
		{ "a b", 0, -EBADMSG, "" },
		{ "a%20b", 1, -EBADMSG, "" },
		{ " a", 1, -EBADMSG, "" },
		{ "a ", 1, -EBADMSG, "" },
		{ "%61", 1, -EBADMSG, "" },
		{ "%7E", 0, -EBADMSG, "" },
		{ "%00", 1, -EBADMSG, "" },
		{ "%ff", 1, -EBADMSG, "" },
		{ "%fF", 1, -EBADMSG, "" },
		{ "%", 1, -EBADMSG, "" },
		{ "%F", 1, -EBADMSG, "" },
		{ "%G0", 1, -EBADMSG, "" },
		{ "%0G", 1, -EBADMSG, "" },
		{ "% 0", 1, -EBADMSG, "" },
		{ "%%25", 1, -EBADMSG, "" },
		{ "\x80", 1, -EBADMSG, "" },
		{ "abcdefg", 0, 7, "abcdefg" },
		{ "abcdefgh", 0, -ENOBUFS, "" },
	};
	char text[8];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int r = lines_decode(cases[i].spelled, strlen(cases[i].spelled),
				     cases[i].spaces, text, sizeof(text));

		if (r != cases[i].result)
			fail_msg("`%s`: %d", cases[i].spelled, r);
		if (r >= 0)
			assert_string_equal(text, cases[i].text);
	}
	assert_int_equal(lines_decode("", 0, 0, text, 0), -ENOBUFS);
	assert_int_equal(lines_decode("", 0, 0, text, 1), 0);
	assert_int_equal(lines_decode("a", 1, 0, text, 1), -ENOBUFS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_and_values),
		cmocka_unit_test(words),
		cmocka_unit_test(comments),
		cmocka_unit_test(refusals),
		cmocka_unit_test(decodes_what_it_encodes),
		cmocka_unit_test(spellings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
