/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/reason.h"

/* Outermost words that stay when the text is too long: room for a path, or an image's id
 * and the layer. */
#define KEEP 100

const char *err_reason(int r)
{
	int number = r < 0 ? -r : r;

	switch (number) {
	case ENOKEY:
		return "no such key";
	case EKEYREJECTED:
		return "bad signature";
	case EBADMSG:
		return "malformed";
	case ESTALE:
		return "below the rollback floor";
	default:
		return reason_of_kernel(number);
	}
}

/* Sets the text to "what", or "what: @reason", where the reason may be the text so far. */
static void put(struct err *err, const char *reason, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

static void put(struct err *err, const char *reason, const char *fmt, va_list ap)
{
	char whole[2 * sizeof(err->text) + 2]; /* the arguments may quote err->text */
	size_t size = sizeof(err->text), end;

	(void)vsnprintf(whole, reason ? size : sizeof(whole), fmt, ap);
	end = strlen(whole);
	if (reason) {
		memcpy(whole + end, ": ", 2);
		end += 2;
		memcpy(whole + end, reason, strnlen(reason, size - 1));
		end += strnlen(reason, size - 1);
	}
	whole[end++] = '\0';
	if (end > size) {
		memcpy(whole + KEEP, "...", 3);
		memmove(whole + KEEP + 3, whole + end - (size - KEEP - 3),
			size - KEEP - 3);
		end = size;
	}
	memcpy(err->text, whole, end);
}

int err_set(struct err *err, int r, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return r;
	va_start(ap, fmt);
	put(err, NULL, fmt, ap);
	va_end(ap);
	return r;
}

int err_errno(struct err *err, int r, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return r;
	va_start(ap, fmt);
	put(err, err_reason(r), fmt, ap);
	va_end(ap);
	return r;
}

int err_wrap(struct err *err, int r, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return r;
	va_start(ap, fmt);
	put(err, err->text[0] ? err->text : err_reason(r), fmt, ap);
	va_end(ap);
	return r;
}
