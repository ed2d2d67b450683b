/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include <errno.h>

#include "base/str.h"

static void builds_until_full(void **state)
{
	char buf[8];
	struct str s;

	(void)state;
	str_init(&s, buf, sizeof(buf));
	str_add(&s, "abc");
	str_addf(&s, "%d", 42);
	str_add_bytes(&s, "xyz", 2);
	assert_string_equal(buf, "abc42xy");
	assert_int_equal(s.used, 7);
	assert_int_equal(str_done(&s), 0);
	str_add(&s, "");
	str_addf(&s, "%s", "");
	assert_int_equal(str_done(&s), 0);
	str_add(&s, "1");
	assert_int_equal(str_done(&s), -ENAMETOOLONG);
	assert_string_equal(buf, "abc42xy");
}

/* What does not fit is left out whole, and nothing comes behind a gap. */
static void stays_full(void **state)
{
	char buf[4];
	struct str s;

	(void)state;
	str_init(&s, buf, sizeof(buf));
	str_addf(&s, "%s", "abcd");
	assert_string_equal(buf, "");
	str_add(&s, "a");
	assert_string_equal(buf, "");
	assert_int_equal(str_done(&s), -ENAMETOOLONG);
	str_init(&s, buf, sizeof(buf));
	str_addf(&s, "%s", "abc");
	assert_int_equal(str_done(&s), 0);
	str_init(&s, buf, 1);
	str_add(&s, "");
	assert_int_equal(str_done(&s), 0);
	str_add(&s, "a");
	assert_int_equal(str_done(&s), -ENAMETOOLONG);
	assert_string_equal(buf, "");
}

static void hex(void **state)
{
	uint8_t bytes[256], back[256];
	char text[513];

	(void)state;
	for (int i = 0; i < 256; i++)
		bytes[i] = (uint8_t)i;
	str_hex_encode(bytes, 256, text);
	assert_int_equal(strlen(text), 512);
	assert_memory_equal(text, "000102", 6);
	assert_string_equal(text + 510, "ff");
	assert_int_equal(str_hex_decode(text, 512, back, 256), 0);
	assert_memory_equal(bytes, back, 256);
	assert_int_equal(str_hex_decode(text, 511, back, 256), -EBADMSG);
	assert_int_equal(str_hex_decode(text, 512, back, 255), -EBADMSG);
	assert_int_equal(str_hex_decode("FF", 2, back, 1), -EBADMSG);
	assert_int_equal(str_hex_decode("0g", 2, back, 1), -EBADMSG);
	assert_int_equal(str_hex_decode("/0", 2, back, 1), -EBADMSG);
	assert_int_equal(str_hex_decode("0:", 2, back, 1), -EBADMSG);
	assert_int_equal(str_hex_decode("`0", 2, back, 1), -EBADMSG);
	assert_int_equal(str_hex_decode("", 0, back, 0), 0);
}

static void numbers(void **state)
{
	static const struct {
		const char *text;
		int r;
		uint64_t value;
	} cases[] = {
		{ "0", 0, 0 },
		{ "1", 0, 1 },
		{ "10", 0, 10 },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "9223372036854775808", -ERANGE, 0 },
		{ "9223372036854775810", -ERANGE, 0 },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "99999999999999999999999999", -ERANGE, 0 },
		{ "", -EBADMSG, 0 },
		{ "00", -EBADMSG, 0 },
		{ "01", -EBADMSG, 0 },
		{ "-1", -EBADMSG, 0 },
		{ "+1", -EBADMSG, 0 },
		{ " 1", -EBADMSG, 0 },
		{ "1 ", -EBADMSG, 0 },
		{ "1a", -EBADMSG, 0 },
		{ "0x1", -EBADMSG, 0 },
		{ "1/", -EBADMSG, 0 },
		{ "1:", -EBADMSG, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t value = 7;

		assert_int_equal(str_number(cases[i].text, strlen(cases[i].text), &value),
				 cases[i].r);
		assert_true(value == (cases[i].r < 0 ? 7 : cases[i].value));
	}
}

static void base64(void **state)
{
	static const struct {
		const char *plain, *text;
	} rfc4648[] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xfb\xff", "+/8=" },
	};
	char text[16];
	uint8_t bytes[8];

	(void)state;
	for (size_t i = 0; i < sizeof(rfc4648) / sizeof(rfc4648[0]); i++) {
		size_t plain = strlen(rfc4648[i].plain), size = strlen(rfc4648[i].text);

		str_base64_encode((const uint8_t *)rfc4648[i].plain, plain, text);
		assert_string_equal(text, rfc4648[i].text);
		assert_int_equal(str_base64_decode(text, size, bytes, plain), plain);
		assert_memory_equal(bytes, rfc4648[i].plain, plain);
		if (plain)
			assert_int_equal(str_base64_decode(text, size, bytes, plain - 1),
					 -ENOBUFS);
	}
}

/* What stands behind the bytes is not encoded. */
static void base64_of_a_part(void **state)
{
	char text[16];

	(void)state;
	str_base64_encode((const uint8_t *)"foobar", 1, text);
	assert_string_equal(text, "Zg==");
	str_base64_encode((const uint8_t *)"foobar", 2, text);
	assert_string_equal(text, "Zm8=");
	str_base64_encode((const uint8_t *)"foobar", 0, text);
	assert_string_equal(text, "");
}

static void base64_refusals(void **state)
{
	static const struct {
		const char *text;
		size_t size;
	} cases[] = {
		{ SIZED("Z") },	       { SIZED("Zg") },	      { SIZED("Zg=") },
		{ SIZED("====") },     { SIZED("Z===") },     { SIZED("Zh==") },
		{ SIZED("Zm9=") },     { SIZED("Zg==Zg==") }, { SIZED("Zm8=Zm9v") },
		{ SIZED("Zg=g") },     { SIZED("Zm9v\n") },   { SIZED("Zm9v   ") },
		{ SIZED("Zm-v") },     { SIZED("Zm_v") },     { SIZED("Zm9\0") },
		{ SIZED("\0\0\0\0") }, { SIZED("=m9v") },     { SIZED("Zm\0=") },
		{ SIZED("Zm9v====") }, { SIZED("Zm9\xff") },
	};
	uint8_t bytes[16];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (str_base64_decode(cases[i].text, cases[i].size, bytes,
				      sizeof(bytes)) != -EBADMSG)
			fail_msg("case %zu was read", i);
}

/* Every text of four characters that decodes is the one that encodes back. */
static void base64_has_one_spelling(void **state)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789+/=-_ \n";
	char text[5] = { 'A' }, again[8];
	uint8_t bytes[3];

	(void)state;
	for (size_t i = 0; i < (sizeof(digits) - 1) * (sizeof(digits) - 1); i++) {
		for (size_t j = 0; j < sizeof(digits) - 1; j++) {
			int r;

			text[1] = digits[i / (sizeof(digits) - 1)];
			text[2] = digits[i % (sizeof(digits) - 1)];
			text[3] = digits[j];
			r = str_base64_decode(text, 4, bytes, sizeof(bytes));
			if (r < 0)
				continue;
			str_base64_encode(bytes, (size_t)r, again);
			assert_string_equal(text, again);
		}
	}
}

static void below_root(void **state)
{
	static const struct {
		const char *path;
		int r;
		const char *rel;
	} cases[] = {
		{ "/", 0, "." },
		{ "", 0, "." },
		{ ".", 0, "." },
		{ "/a//b/./c/", 0, "a/b/c" },
		{ "a", 0, "a" },
		{ "./a/.", 0, "a" },
		{ "..", -EINVAL, "" },
		{ "/..", -EINVAL, "" },
		{ "a/../b", -EINVAL, "" },
		{ "a/..", -EINVAL, "" },
		{ "...", 0, "..." },
		{ "..a/.b", 0, "..a/.b" },
		{ "/1234567", 0, "1234567" },
		{ "/12345678", -ENAMETOOLONG, "" },
		{ "/12345678/..", -EINVAL, "" },
	};
	char rel[8];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(str_below_root(cases[i].path, rel, sizeof(rel)),
				 cases[i].r);
		if (cases[i].r == 0)
			assert_string_equal(rel, cases[i].rel);
	}
	assert_int_equal(str_below_root("/", rel, 2), 0);
	assert_int_equal(str_below_root("/", rel, 1), -ENAMETOOLONG);
	assert_int_equal(str_below_root("/", rel, 0), -ENAMETOOLONG);
}

static void sizes_of_people(void **state)
{
	static const struct {
		const char *text;
		int r;
		uint64_t value;
	} cases[] = {
		{ "0", 0, 0 },
		{ "17", 0, 17 },
		{ "1k", 0, 1024 },
		{ "3m", 0, 3 << 20 },
		{ "7g", 0, 7ULL << 30 },
		{ "8589934591g", 0, INT64_MAX - ((1 << 30) - 1) },
		{ "8589934592g", -ERANGE, 0 },
		{ "9223372036854775808", -ERANGE, 0 },
		{ "", -EBADMSG, 0 },
		{ "k", -EBADMSG, 0 },
		{ "1K", -EBADMSG, 0 },
		{ "1kk", -EBADMSG, 0 },
		{ "1 k", -EBADMSG, 0 },
		{ "01k", -EBADMSG, 0 },
		{ "-1k", -EBADMSG, 0 },
		{ "k1", -EBADMSG, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t value = 0;

		assert_int_equal(str_size_parse(cases[i].text, strlen(cases[i].text),
						"kmg", &value),
				 cases[i].r);
		assert_true(value == cases[i].value);
	}
}

static void sizes_for_people(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{ 0, "0 B" },
		{ 1023, "1023 B" },
		{ 1024, "1.0 KiB" },
		{ 1536, "1.5 KiB" },
		{ 1048575, "1023.9 KiB" },
		{ 1048576, "1.0 MiB" },
		{ 1ULL << 30, "1.0 GiB" },
		{ 1ULL << 62, "4.0 EiB" },
		{ UINT64_MAX, "15.9 EiB" },
	};
	char text[16];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(str_size(cases[i].bytes, text), cases[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builds_until_full),
		cmocka_unit_test(stays_full),
		cmocka_unit_test(hex),
		cmocka_unit_test(numbers),
		cmocka_unit_test(sizes_of_people),
		cmocka_unit_test(base64),
		cmocka_unit_test(base64_of_a_part),
		cmocka_unit_test(base64_refusals),
		cmocka_unit_test(base64_has_one_spelling),
		cmocka_unit_test(below_root),
		cmocka_unit_test(sizes_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
