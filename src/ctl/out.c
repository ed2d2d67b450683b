/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/out.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "cli/utf8.h"

void out_init(struct out *out, int fd)
{
	out->fd = fd;
	out->r = 0;
	out->depth = 0;
	out->more = false;
	out->used = 0;
}

static void flush(struct out *out)
{
	if (out->r == 0)
		out->r = fd_write_all(out->fd, out->buf, out->used);
	out->used = 0;
}

static void add_bytes(struct out *out, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (out->used == sizeof(out->buf))
			flush(out);
		out->buf[out->used++] = bytes[i];
	}
}

void out_add(struct out *out, const char *text)
{
	add_bytes(out, text, strlen(text));
}

void out_addf(struct out *out, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	out_add(out, text);
}

void out_clean(struct out *out, const char *text)
{
	const char *at = text;

	while (*at) {
		const char *from = at;
		int32_t code = utf8_next(&at);

		if (code < 0 || utf8_is_control(code))
			out_add(out, "?");
		else
			add_bytes(out, from, (size_t)(at - from));
	}
}

int out_done(struct out *out, struct err *err)
{
	flush(out);
	return out->r < 0 ? err_errno(err, out->r, "standard output") : 0;
}

static void json_string(struct out *out, const char *text)
{
	const char *at = text;

	out_add(out, "\"");
	while (*at) {
		const char *from = at;
		int32_t code = utf8_next(&at);

		if (code < 0)
			out_add(out, "\\ufffd");
		else if (utf8_is_control(code))
			out_addf(out, "\\u%04x", (unsigned int)code);
		else if (code == '"' || code == '\\')
			out_addf(out, "\\%c", (char)code);
		else
			add_bytes(out, from, (size_t)(at - from));
	}
	out_add(out, "\"");
}

static void new_line(struct out *out)
{
	out_add(out, "\n");
	for (unsigned int i = 0; i < out->depth; i++)
		out_add(out, "  ");
}

static void json_begin(struct out *out, const char *key)
{
	if (out->more)
		out_add(out, ",");
	if (out->depth > 0)
		new_line(out);
	out->more = true;
	if (!key)
		return;
	json_string(out, key);
	out_add(out, ": ");
}

void json_open(struct out *out, const char *key, char bracket)
{
	json_begin(out, key);
	add_bytes(out, &bracket, 1);
	out->depth++;
	out->more = false;
}

void json_close(struct out *out, char bracket)
{
	out->depth--;
	if (out->more)
		new_line(out);
	add_bytes(out, &bracket, 1);
	out->more = true;
	if (out->depth == 0)
		out_add(out, "\n");
}

void json_text(struct out *out, const char *key, const char *text)
{
	json_begin(out, key);
	if (text)
		json_string(out, text);
	else
		out_add(out, "null");
}

void json_number(struct out *out, const char *key, uint64_t number)
{
	json_begin(out, key);
	out_addf(out, "%" PRIu64, number);
}

void json_bool(struct out *out, const char *key, bool value)
{
	json_begin(out, key);
	out_add(out, value ? "true" : "false");
}
