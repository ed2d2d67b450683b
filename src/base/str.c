/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void str_init(struct str *s, char *buf, size_t size)
{
	*s = (struct str){ .buf = buf, .size = size };
	buf[0] = '\0';
}

void str_add_bytes(struct str *s, const char *bytes, size_t count)
{
	if (s->full || count > s->size - 1 - s->used) {
		s->full = true;
		return;
	}
	memcpy(s->buf + s->used, bytes, count);
	s->used += count;
	s->buf[s->used] = '\0';
}

void str_add(struct str *s, const char *text)
{
	str_add_bytes(s, text, strlen(text));
}

void str_addf(struct str *s, const char *fmt, ...)
{
	size_t room = s->size - s->used;
	va_list ap;
	int n;

	if (s->full)
		return;
	va_start(ap, fmt);
	n = vsnprintf(s->buf + s->used, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room) {
		s->buf[s->used] = '\0';
		s->full = true;
		return;
	}
	s->used += (size_t)n;
}

int str_done(const struct str *s)
{
	return s->full ? -ENAMETOOLONG : 0;
}

void str_hex_encode(const uint8_t *bytes, size_t count, char *ret_text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < count; i++) {
		ret_text[2 * i] = digits[bytes[i] >> 4];
		ret_text[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret_text[2 * count] = '\0';
}

int str_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int str_hex_decode(const char *text, size_t size, uint8_t *ret_bytes, size_t count)
{
	if (size != 2 * count)
		return -EBADMSG;
	for (size_t i = 0; i < count; i++) {
		int high = str_hex_digit(text[2 * i]),
		    low = str_hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EBADMSG;
		ret_bytes[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

int str_number(const char *text, size_t size, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (size == 0 || (size > 1 && text[0] == '0'))
		return -EBADMSG;
	for (size_t i = 0; i < size; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -EBADMSG;
		uint64_t digit = (uint64_t)(text[i] - '0');

		if (value > ((uint64_t)INT64_MAX - digit) / 10)
			return -ERANGE;
		value = value * 10 + digit;
	}
	*ret_value = value;
	return 0;
}

int str_size_parse(const char *text, size_t size, const char *units, uint64_t *ret_value)
{
	const char *unit = size > 0 ? memchr(units, text[size - 1], strlen(units)) : NULL;
	unsigned int shift = unit ? 10 * (unsigned int)(unit - units + 1) : 0;
	uint64_t number;
	int r = str_number(text, size - (unit != NULL), &number);

	if (r < 0)
		return r;
	if (number > (uint64_t)INT64_MAX >> shift)
		return -ERANGE;
	*ret_value = number << shift;
	return 0;
}

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* A digit's value or -1. By ranges: looking for it among all 64 was most of what reading a keyring
 * took. */
static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four characters as up to three bytes. Returns their count or -EBADMSG. */
static int base64_group(const char *text, uint8_t bytes[3])
{
	uint32_t bits = 0;
	int count = text[3] != '=' ? 3 : text[2] != '=' ? 2 : 1;

	for (int i = 0; i < 4; i++) {
		int value = i <= count ? base64_value(text[i]) : 0;

		if (value < 0)
			return -EBADMSG;
		bits = bits << 6 | (uint32_t)value;
	}
	if (bits & ((1U << 8 * (3 - count)) - 1))
		return -EBADMSG;
	for (int i = 0; i < 3; i++)
		bytes[i] = (uint8_t)(bits >> (16 - 8 * i));
	return count;
}

int str_base64_decode(const char *text, size_t size, uint8_t *ret_bytes, size_t room)
{
	size_t used = 0;

	if (size % 4)
		return -EBADMSG;
	for (size_t i = 0; i < size; i += 4) {
		uint8_t bytes[3];
		int count = base64_group(text + i, bytes);

		if (count < 0 || (count < 3 && i + 4 < size))
			return -EBADMSG;
		if ((size_t)count > room - used)
			return -ENOBUFS;
		memcpy(ret_bytes + used, bytes, (size_t)count);
		used += (size_t)count;
	}
	return (int)used;
}

void str_base64_encode(const uint8_t *bytes, size_t count, char *ret_text)
{
	for (size_t i = 0; i < count; i += 3) {
		uint32_t bits = (uint32_t)bytes[i] << 16;

		if (i + 1 < count)
			bits |= (uint32_t)bytes[i + 1] << 8;
		if (i + 2 < count)
			bits |= bytes[i + 2];
		*ret_text++ = base64_digits[bits >> 18];
		*ret_text++ = base64_digits[bits >> 12 & 63];
		*ret_text++ = i + 1 < count ? base64_digits[bits >> 6 & 63] : '=';
		*ret_text++ = i + 2 < count ? base64_digits[bits & 63] : '=';
	}
	*ret_text = '\0';
}

int str_below_root(const char *path, char *ret_rel, size_t size)
{
	struct str rel;

	if (size == 0)
		return -ENAMETOOLONG;
	str_init(&rel, ret_rel, size);
	while (*path) {
		size_t count = strcspn(path, "/");

		if (count == 2 && memcmp(path, "..", 2) == 0)
			return -EINVAL;
		if (count > 0 && !(count == 1 && path[0] == '.')) {
			if (rel.used)
				str_add(&rel, "/");
			str_add_bytes(&rel, path, count);
		}
		path += count + (path[count] == '/');
	}
	if (!rel.used)
		str_add(&rel, ".");
	return str_done(&rel);
}

const char *str_size(uint64_t bytes, char *ret_text)
{
	static const char units[][4] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	unsigned int unit = 0, rest = 0;

	for (; bytes >= 1024; bytes /= 1024) {
		rest = (unsigned int)(bytes % 1024);
		unit++;
	}
	if (unit == 0)
		(void)snprintf(ret_text, 16, "%" PRIu64 " B", bytes);
	else
		(void)snprintf(ret_text, 16, "%" PRIu64 ".%u %s", bytes, rest * 10 / 1024,
			       units[unit]);
	return ret_text;
}
