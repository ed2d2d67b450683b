/* SPDX-License-Identifier: Apache-2.0 */
#include "block/find/text.h"

#include <errno.h>

#include "unit/bytes.h"

static void uuid(void **state)
{
	static const uint8_t bytes[16] = {
		0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
		0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10
	};
	char text[TEXT_UUID_SIZE];

	(void)state;
	text_uuid(bytes, text);
	assert_string_equal(text, "01234567-89ab-cdef-fedc-ba9876543210");
}

static void latin(void **state)
{
	char text[4];

	(void)state;
	assert_int_equal(text_latin((const uint8_t *)"ab\0c", 4, text, sizeof(text)), 0);
	assert_string_equal(text, "ab");
	assert_int_equal(text_latin((const uint8_t *)"abcd", 3, text, sizeof(text)), 0);
	assert_string_equal(text, "abc");
	assert_int_equal(text_latin((const uint8_t *)"abcd", 4, text, sizeof(text)),
			 -ENAMETOOLONG);
	assert_string_equal(text, "");
	assert_int_equal(text_latin((const uint8_t *)"", 0, text, sizeof(text)), 0);
	assert_string_equal(text, "");
}

static void utf16(void **state)
{
	static const struct {
		uint8_t bytes[8];
		const char *text;
	} cases[] = {
		{ { 'a', 0, 0xe4, 0, 0, 0, 'x', 0 }, "a\303\244" },
		{ { 0xac, 0x20, 0xff, 0xff, 0, 0 }, "\342\202\254\357\277\277" },
		{ { 0x3d, 0xd8, 0x00, 0xde, 0, 0 }, "\360\237\230\200" }, /* a pair */
		{ { 0x3d, 0xd8, 'x', 0, 0, 0 }, "\357\277\275x" }, /* half a pair */
		{ { 0x00, 0xde, 0x3d, 0xd8, 0, 0 },
		  "\357\277\275\357\277\275" }, /* turned round */
		{ { 'a', 0, 'b', 0, 'c', 0, 0x3d, 0xd8 },
		  "abc\357\277\275" }, /* at the end */
	};
	char text[32];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(text_utf16(cases[i].bytes, 4, text, sizeof(text)), 0);
		assert_string_equal(text, cases[i].text);
	}
	assert_int_equal(text_utf16(cases[1].bytes, 4, text, 7), 0);
	assert_int_equal(text_utf16(cases[1].bytes, 4, text, 6), -ENAMETOOLONG);
	assert_string_equal(text, "");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(uuid),
		cmocka_unit_test(latin),
		cmocka_unit_test(utf16),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
