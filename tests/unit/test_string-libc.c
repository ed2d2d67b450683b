/* SPDX-License-Identifier: Apache-2.0 */
/* A device's own functions of texts, beside libc's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

size_t own_strlen(const char *text);
char *own_strcpy(char *restrict to, const char *restrict from);
int own_strncmp(const char *a, const char *b, size_t size);
int own_strcmp(const char *a, const char *b);
int own_memcmp(const void *first, const void *second, size_t size);
int own_strcasecmp(const char *a, const char *b);
void *own_memchr(const void *bytes, int c, size_t size);
char *own_strchr(const char *text, int c);
char *own_strrchr(const char *text, int c);
size_t own_strnlen(const char *text, size_t most);
size_t own_strspn(const char *text, const char *among);
size_t own_strcspn(const char *text, const char *ends);
char *own_strstr(const char *text, const char *part);
char *own_getenv(const char *name);

#define strlen own_strlen
#define strcpy own_strcpy
#define strncmp own_strncmp
#define strcmp own_strcmp
#define memcmp own_memcmp
#define strcasecmp own_strcasecmp
#define memchr own_memchr
#define strchr own_strchr
#define strrchr own_strrchr
#define strnlen own_strnlen
#define strspn own_strspn
#define strcspn own_strcspn
#define strstr own_strstr
#define getenv own_getenv
#include "base/string-libc.c"
#undef strlen
#undef strcpy
#undef strncmp
#undef strcmp
#undef memcmp
#undef strcasecmp
#undef memchr
#undef strchr
#undef strrchr
#undef strnlen
#undef strspn
#undef strcspn
#undef strstr
#undef getenv

static const char *const texts[] = {
	"",   "a",   "A", "b",	  "ab",	   "aB", "abc", "abd",
	"ba", "a,b", ",", "\xff", "a\xff", "z[", "Z{",	"@`",
};

#define TEXTS (sizeof(texts) / sizeof(texts[0]))

static int sign(int number)
{
	return (number > 0) - (number < 0);
}

static void of_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < TEXTS; i++) {
		char copy[8];

		assert_int_equal(own_strlen(texts[i]), strlen(texts[i]));
		assert_ptr_equal(own_strcpy(copy, texts[i]), copy);
		assert_string_equal(copy, texts[i]);
		for (size_t most = 0; most < 5; most++)
			assert_int_equal(own_strnlen(texts[i], most),
					 strnlen(texts[i], most));
		for (int c = 0; c < 256; c++) {
			assert_ptr_equal(own_strchr(texts[i], c), strchr(texts[i], c));
			assert_ptr_equal(own_strrchr(texts[i], c), strrchr(texts[i], c));
			assert_ptr_equal(own_memchr(texts[i], c, strlen(texts[i])),
					 memchr(texts[i], c, strlen(texts[i])));
		}
	}
}

static void of_two(void **state)
{
	(void)state;
	for (size_t i = 0; i < TEXTS * TEXTS; i++) {
		const char *a = texts[i / TEXTS], *b = texts[i % TEXTS];

		for (size_t size = 0; size < 5; size++)
			assert_int_equal(sign(own_strncmp(a, b, size)),
					 sign(strncmp(a, b, size)));
		assert_int_equal(sign(own_strcmp(a, b)), sign(strcmp(a, b)));
		for (size_t size = 0; size <= strlen(a) && size <= strlen(b); size++)
			assert_int_equal(sign(own_memcmp(a, b, size)),
					 sign(memcmp(a, b, size)));
		assert_int_equal(sign(own_strcasecmp(a, b)), sign(strcasecmp(a, b)));
		assert_int_equal(own_strspn(a, b), strspn(a, b));
		assert_int_equal(own_strcspn(a, b), strcspn(a, b));
		assert_ptr_equal(own_strstr(a, b), strstr(a, b));
	}
}

static void of_the_environment(void **state)
{
	static const char *const names[] = { "PATH", "PAT", "PATHS", "NOT_THERE", "" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_ptr_equal(own_getenv(names[i]), getenv(names[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_one),
		cmocka_unit_test(of_two),
		cmocka_unit_test(of_the_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
