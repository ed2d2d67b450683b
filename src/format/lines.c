/* SPDX-License-Identifier: Apache-2.0 */
#include "format/lines.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

void lines_init(struct lines *lines, const char *bytes, size_t size)
{
	*lines = (struct lines){ .at = bytes, .end = bytes + size };
}

int lines_bad(const struct lines *lines, struct err *err, const char *fmt, ...)
{
	char reason[sizeof(err->text)];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	if (lines->number == 0)
		return err_set(err, -EBADMSG, "%s", reason);
	return err_set(err, -EBADMSG, "line %u: %s", lines->number, reason);
}

static int printable(char c)
{
	return c >= 0x20 && c <= 0x7e;
}

/* Takes the bytes up to the next LF. Returns 0 or -EBADMSG. */
static int take_line(struct lines *lines, const char **ret_line, size_t *ret_size,
		     struct err *err)
{
	const char *lf = memchr(lines->at, '\n', (size_t)(lines->end - lines->at));

	lines->number++;
	if (!lf)
		return lines_bad(lines, err, "does not end in a line feed");
	*ret_line = lines->at;
	*ret_size = (size_t)(lf - lines->at);
	lines->at = lf + 1;
	return 0;
}

static int check_line(const struct lines *lines, const char *line, size_t size,
		      struct err *err)
{
	if (size == 0)
		return lines_bad(lines, err, "is empty");
	for (size_t i = 0; i < size; i++)
		if (!printable(line[i]))
			return lines_bad(lines, err, "byte 0x%02x is not printable ASCII",
					 (unsigned char)line[i]);
	if (line[0] == ' ')
		return lines_bad(lines, err, "starts with a space");
	if (line[size - 1] == ' ')
		return lines_bad(lines, err, "ends with a space");
	return 0;
}

int lines_next(struct lines *lines, struct err *err)
{
	const char *line = NULL, *space;
	size_t size = 0;
	int r;

	do {
		if (lines->at == lines->end)
			return 0;
		r = take_line(lines, &line, &size, err);
		if (r < 0)
			return r;
	} while (lines->comments && (size == 0 || line[0] == '#'));
	r = check_line(lines, line, size, err);
	if (r < 0)
		return r;

	space = memchr(line, ' ', size);
	lines->key = line;
	lines->key_size = space ? (size_t)(space - line) : size;
	lines->value = space ? space + 1 : line + size;
	lines->value_size = (size_t)(line + size - lines->value);
	if (lines->value_size > 0 && lines->value[0] == ' ')
		return lines_bad(lines, err, "two spaces after the key");
	return 1;
}

int lines_word(struct lines *lines, const char **ret_word, size_t *ret_size,
	       struct err *err)
{
	const char *space;
	size_t size;

	if (lines->value_size == 0)
		return 0;
	space = memchr(lines->value, ' ', lines->value_size);
	size = space ? (size_t)(space - lines->value) : lines->value_size;
	if (size == 0)
		return lines_bad(lines, err, "two spaces between words");
	*ret_word = lines->value;
	*ret_size = size;
	lines->value += size + (space != NULL);
	lines->value_size -= size + (space != NULL);
	return 1;
}

int lines_is(const struct lines *lines, const char *name)
{
	return lines_equal(lines->key, lines->key_size, name);
}

int lines_equal(const char *word, size_t size, const char *name)
{
	/* most words of a long list differ in their first letter */
	for (size_t i = 0; i < size; i++)
		if (word[i] != name[i] || !name[i])
			return 0;
	return !name[size];
}

/*
 * Must this byte be spelled %XX? Spaces may stand plain where @spaces says so, but never
 * at an end of the text: what nobody sees and editors cut off must not carry meaning.
 */
static int must_escape(char c, int spaces, int at_end)
{
	if (c == ' ')
		return !spaces || at_end;
	return !printable(c) || c == '%';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte at the start of @text. Returns how many characters spell it, or -EBADMSG. */
static int decode_byte(const char *text, size_t size, char *ret_byte)
{
	int high, low;

	if (text[0] != '%') {
		*ret_byte = text[0];
		return 1;
	}
	if (size < 3)
		return -EBADMSG;
	high = hex_digit(text[1]);
	low = hex_digit(text[2]);
	if (high < 0 || low < 0 || (high | low) == 0)
		return -EBADMSG;
	*ret_byte = (char)(high << 4 | low);
	return 3;
}

int lines_decode(const char *text, size_t size, int spaces, char *ret_text, size_t room)
{
	size_t used = 0, i = 0;

	while (i < size) {
		char c;
		int count = decode_byte(text + i, size - i, &c);

		if (count < 0)
			return count;
		if ((count == 3) !=
		    must_escape(c, spaces, i == 0 || i + (size_t)count == size))
			return -EBADMSG;
		if (used + 1 >= room)
			return -ENOBUFS;
		ret_text[used++] = c;
		i += (size_t)count;
	}
	if (room == 0)
		return -ENOBUFS;
	ret_text[used] = '\0';
	return (int)used;
}

void lines_encode(struct str *s, const char *text, int spaces)
{
	for (size_t i = 0; text[i]; i++) {
		if (must_escape(text[i], spaces, i == 0 || !text[i + 1]))
			str_addf(s, "%%%02X", (unsigned char)text[i]);
		else
			str_add_bytes(s, text + i, 1);
	}
}
