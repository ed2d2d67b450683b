/* SPDX-License-Identifier: Apache-2.0 */
#include "base/printf.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct out {
	char *buf;
	size_t size, used;
};

struct spec {
	bool zero, left, prefix;
	int width, precision; /* precision -1: none */
	char length;	      /* 0, 'l', 'L' for ll and j, 'z' */
};

static void put(struct out *out, const char *text, size_t count)
{
	for (size_t i = 0; i < count; i++, out->used++)
		if (out->used + 1 < out->size)
			out->buf[out->used] = text[i];
}

static void pad(struct out *out, char c, int count)
{
	while (count-- > 0)
		put(out, &c, 1);
}

static int read_number(const char **fmt, va_list *ap)
{
	int n = 0;

	if (**fmt == '*') {
		(*fmt)++;
		return va_arg(*ap, int);
	}
	while (**fmt >= '0' && **fmt <= '9')
		n = n * 10 + (*(*fmt)++ - '0');
	return n;
}

static void read_spec(const char **fmt, va_list *ap, struct spec *spec)
{
	*spec = (struct spec){ .precision = -1 };
	for (;; (*fmt)++) {
		if (**fmt == '0')
			spec->zero = true;
		else if (**fmt == '-')
			spec->left = true;
		else if (**fmt == '#')
			spec->prefix = true;
		else
			break;
	}
	spec->width = read_number(fmt, ap);
	if (**fmt == '.') {
		(*fmt)++;
		spec->precision = read_number(fmt, ap);
	}
	/* hh and h need no care: their values come as int, and callers mask what they pass */
	for (; **fmt && strchr("hlzj", **fmt); (*fmt)++)
		spec->length = **fmt == 'j' || spec->length == 'l' ? 'L' : **fmt;
}

static uint64_t take_unsigned(const struct spec *spec, va_list *ap)
{
	switch (spec->length) {
	case 'L':
		return va_arg(*ap, unsigned long long);
	case 'l':
		return va_arg(*ap, unsigned long);
	case 'z':
		return va_arg(*ap, size_t);
	default:
		return va_arg(*ap, unsigned int);
	}
}

static int64_t take_signed(const struct spec *spec, va_list *ap)
{
	switch (spec->length) {
	case 'L':
		return va_arg(*ap, long long);
	case 'l':
	case 'z':
		return va_arg(*ap, long);
	default:
		return va_arg(*ap, int);
	}
}

static void put_text(struct out *out, const struct spec *spec, const char *text)
{
	size_t count = spec->precision < 0 ? strlen(text)
					   : strnlen(text, (size_t)spec->precision);
	int blank = spec->width - (int)count;

	if (!spec->left)
		pad(out, ' ', blank);
	put(out, text, count);
	if (spec->left)
		pad(out, ' ', blank);
}

static void put_number(struct out *out, const struct spec *spec, uint64_t value,
		       unsigned int base, const char *digits, const char *sign)
{
	char text[24];
	size_t at = sizeof(text);
	int blank;

	do {
		text[--at] = digits[value % base];
		value /= base;
	} while (value);
	blank = spec->width - (int)(sizeof(text) - at) - (int)strlen(sign);
	if (!spec->left && !spec->zero)
		pad(out, ' ', blank);
	put(out, sign, strlen(sign));
	if (!spec->left && spec->zero)
		pad(out, '0', blank);
	put(out, text + at, sizeof(text) - at);
	if (spec->left)
		pad(out, ' ', blank);
}

/* One conversion; false for one that isn't known. */
static bool convert(struct out *out, const struct spec *spec, char kind, va_list *ap)
{
	static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
	int64_t number;
	char c;

	switch (kind) {
	case '%':
		put(out, "%", 1);
		return true;
	case 'c':
		c = (char)va_arg(*ap, int);
		put(out, &c, 1);
		return true;
	case 's':
		put_text(out, spec, va_arg(*ap, const char *));
		return true;
	case 'd':
	case 'i':
		number = take_signed(spec, ap);
		put_number(out, spec,
			   number < 0 ? 0 - (uint64_t)number : (uint64_t)number, 10,
			   lower, number < 0 ? "-" : "");
		return true;
	case 'u':
		put_number(out, spec, take_unsigned(spec, ap), 10, lower, "");
		return true;
	case 'o':
		put_number(out, spec, take_unsigned(spec, ap), 8, lower, "");
		return true;
	case 'x':
	case 'X':
		put_number(out, spec, take_unsigned(spec, ap), 16,
			   kind == 'x' ? lower : upper, spec->prefix ? "0x" : "");
		return true;
	default:
		return false;
	}
}

int printf_text(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct out out = { .buf = buf, .size = size };
	struct spec spec;
	va_list args;

	/* a copy: only of a local one may the address be passed on, whatever va_list is */
	va_copy(args, ap);
	while (*fmt) {
		size_t plain = strcspn(fmt, "%");

		put(&out, fmt, plain);
		fmt += plain;
		if (!*fmt)
			break;
		fmt++;
		read_spec(&fmt, &args, &spec);
		if (!*fmt || !convert(&out, &spec, *fmt, &args)) {
			put(&out, "%?", 2);
			break;
		}
		fmt++;
	}
	va_end(args);
	if (size)
		buf[out.used < size ? out.used : size - 1] = '\0';
	return (int)out.used;
}
