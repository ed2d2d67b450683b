/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/printf.h"

static int small(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int small(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = printf_text(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

/* What libc makes of the same, at every buffer size from nothing to more than enough. */
#define SAME(...)                                                           \
	do {                                                                \
		char want[80], got[80];                                     \
		for (size_t size = 0; size < 64; size++) {                  \
			memset(want, '~', sizeof(want));                    \
			memset(got, '~', sizeof(got));                      \
			int n = snprintf(want, size, __VA_ARGS__);          \
			assert_int_equal(small(got, size, __VA_ARGS__), n); \
			assert_memory_equal(got, want, sizeof(want));       \
		}                                                           \
	} while (0)

static void prints_as_libc(void **state)
{
	const char *text = "some text";
	int width = 14, precision = 4;

	(void)state;
	SAME("plain");
	SAME("%s|%14s|%-14s|%.4s|%-*.*s|", text, text, text, text, width, precision,
	     text);
	SAME("%c%%%c", 'a', 'b');
	SAME("%d %i %d %d", 0, -1, INT32_MIN, INT32_MAX);
	SAME("%u %x %X %#x %04o", 0U, 0xbeefU, 0xBEEFU, 0x10U, 0644U);
	SAME("%5d|%-5d|%05d|%05d", 42, 42, 42, -42);
	SAME("%02x%02X%08x%04x", 0xaU, 0xfU, 0x1234U, 0x12345U);
	SAME("%ld %lu %lld %llu", -1L, 1UL, (long long)INT64_MIN,
	     (unsigned long long)UINT64_MAX);
	SAME("%zu %zd %jd %ju", (size_t)7, (ssize_t)-7, (intmax_t)INT64_MIN,
	     (uintmax_t)9);
	SAME("%#lx", 0xabcdefUL);
}

/* The compiler would warn of a bad conversion, so this one comes by another name. */
static int unchecked(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = printf_text(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

static void unknown_conversion_shows(void **state)
{
	char text[32];

	(void)state;
	unchecked(text, sizeof(text), "a %f b", 1.0);
	assert_string_equal(text, "a %?");
	unchecked(text, sizeof(text), "cut %");
	assert_string_equal(text, "cut %?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_as_libc),
		cmocka_unit_test(unknown_conversion_shows),
	};

	return cmocka_run_group_tests_name("printf", tests, NULL, NULL);
}
