/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, int r, const char *fmt, ...)
{
	char text[sizeof(err->text)]; /* the arguments may quote err->text */
	va_list ap;

	if (!err)
		return r;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	memcpy(err->text, text, strlen(text) + 1);
	return r;
}

/* Sets the text to "what: @reason", where the reason may be the text so far. */
static void put_before(struct err *err, const char *reason, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

static void put_before(struct err *err, const char *reason, const char *fmt, va_list ap)
{
	char text[sizeof(err->text)];
	size_t room = sizeof(text) - 1, used, rest;

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	used = strlen(text);
	if (used + 2 < room) {
		memcpy(text + used, ": ", 2);
		used += 2;
		rest = strnlen(reason, room - used);
		memcpy(text + used, reason, rest);
		used += rest;
	}
	text[used] = '\0';
	memcpy(err->text, text, used + 1);
}

int err_errno(struct err *err, int r, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return r;
	va_start(ap, fmt);
	put_before(err, err_reason(r), fmt, ap);
	va_end(ap);
	return r;
}

int err_wrap(struct err *err, int r, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return r;
	va_start(ap, fmt);
	put_before(err, err->text[0] ? err->text : err_reason(r), fmt, ap);
	va_end(ap);
	return r;
}
