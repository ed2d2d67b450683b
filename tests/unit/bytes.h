/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the tests of the formats share. They run from the top of the sources. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

/* Reads tests/data/@name whole; its size. */
static inline size_t read_data(const char *name, char *ret_bytes, size_t room)
{
	char path[256];
	size_t size;
	FILE *file;

	(void)snprintf(path, sizeof(path), "tests/data/%s", name);
	file = fopen(path, "rb");
	if (!file)
		fail_msg("%s: can't be opened", path);
	size = fread(ret_bytes, 1, room, file);
	(void)fclose(file);
	assert_true(size > 0 && size < room);
	return size;
}

/* The literal text of a man page in src/format that starts with @first: its size. */
static inline size_t read_example(const char *page, const char *first, char *ret_text,
				  size_t room)
{
	static char all[65536];
	char path[256], *from, *to;
	size_t used = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "src/format/%s", page);
	file = fopen(path, "rb");
	if (!file)
		fail_msg("%s: can't be opened", path);
	all[fread(all, 1, sizeof(all) - 1, file)] = '\0';
	(void)fclose(file);
	(void)snprintf(path, sizeof(path), "\n.Bd -literal\n%s", first);
	from = strstr(all, path);
	assert_non_null(from);
	from += strlen("\n.Bd -literal\n");
	to = strstr(from, "\n.Ed");
	assert_non_null(to);
	for (; from <= to && used < room; from++)
		if (from[0] != '\\' || from[1] != '-')
			ret_text[used++] = *from;
	assert_true(used < room);
	return used;
}

/* Did it end with that number and exactly that text? */
#define assert_refused(call, number, err, words)        \
	do {                                            \
		int result_ = (call);                   \
                                                        \
		assert_string_equal((err).text, words); \
		assert_int_equal(result_, number);      \
	} while (0)

/* tests/run puts the reason behind the test's name. */
#define skip_for(reason)                                   \
	do {                                               \
		print_message("# skip for: %s\n", reason); \
		skip();                                    \
	} while (0)

/* The length, for texts with NUL bytes in them. */
#define SIZED(text) (text), sizeof(text) - 1
