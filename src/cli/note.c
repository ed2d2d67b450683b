/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmd.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "cli/utf8.h"

static const char *name = "lamina";

void cmd_note_as(const char *program)
{
	name = program;
}

/* A path may be 4096 bytes. What a stranger named must not reach the terminal raw. */
static void note(bool named, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

static void note(bool named, const char *fmt, va_list ap)
{
	char text[8192], line[sizeof(text) + 64];
	struct str s;

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	utf8_clean(text);
	str_init(&s, line, sizeof(line));
	str_addf(&s, "%s%s%s\n", named ? name : "", named ? ": " : "", text);
	/* one write: lines of several threads don't mix */
	(void)fd_write_all(2, s.buf, s.used);
}

void cmd_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(true, fmt, ap);
	va_end(ap);
}

void cmd_note_row(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(false, fmt, ap);
	va_end(ap);
}
