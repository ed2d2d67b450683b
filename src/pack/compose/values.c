/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/compose/values.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

/* Microseconds of each, the longer name of two first. */
static const struct {
	const char *name;
	uint64_t us;
} units[] = {
	{ "us", 1 },	   { "ms", 1000 },	{ "s", 1000000 },
	{ "m", 60000000 }, { "h", 3600000000 },
};

static uint64_t unit_of(const char *text, size_t size)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strlen(units[i].name) == size &&
		    strncmp(units[i].name, text, size) == 0)
			return units[i].us;
	return 0;
}

int compose_duration(const char *text, uint64_t *ret_seconds)
{
	uint64_t sum = 0;

	if (!*text)
		return -EINVAL;
	while (*text) {
		size_t digits = strspn(text, "0123456789");
		bool dot = text[digits] == '.';
		size_t behind = dot ? strspn(text + digits + 1, "0123456789") : 0;
		const char *name = text + digits + dot + behind;
		size_t letters = strspn(name, "abcdefghijklmnopqrstuvwxyz");
		uint64_t unit = unit_of(name, letters), part = unit;

		if (digits + behind == 0 || digits > 9 || !unit)
			return -EINVAL;
		sum += digits ? strtoull(text, NULL, 10) * unit : 0;
		for (size_t i = 0; i < behind; i++, part /= 10)
			sum += (uint64_t)(text[digits + 1 + i] - '0') * part / 10;
		if (sum > 1000000000000000)
			return -EINVAL;
		text = name + letters;
	}
	*ret_seconds = (sum + 999999) / 1000000;
	return sum % 1000000 ? -ERANGE : 0;
}

/* The digits of @text, from where the sign and the base stood: without the underscores. */
static int read_digits(const char *text, int base, uint64_t *ret_value)
{
	uint64_t value = 0;
	bool some = false;

	for (; *text; text++) {
		int digit = *text == '_' ? 0 : str_hex_digit((char)tolower(*text));

		if (digit < 0 || digit >= base || value > INT64_MAX / 16)
			return -EINVAL;
		some = some || *text != '_';
		value = *text == '_' ? value : value * (uint64_t)base + (uint64_t)digit;
	}
	*ret_value = value;
	return some ? 0 : -EINVAL;
}

int compose_integer(const char *text, bool plain, int64_t *ret_value)
{
	bool minus = *text == '-';
	const char *at = text + (minus || (plain && *text == '+'));
	int base = 10;
	uint64_t value;

	if (*at < '0' || *at > '9' || (!plain && strchr(at, '_')))
		return -EINVAL;
	if (plain && *at == '0' && at[1]) {
		const char *letter = memchr("bBoOxX", at[1], 6);
		static const int bases[] = { 2, 2, 8, 8, 16, 16 };

		base = letter ? bases[letter - "bBoOxX"] : 8;
		at += letter ? 2 : 1;
	}
	if (read_digits(at, base, &value) < 0)
		return -EINVAL;
	*ret_value = minus ? -(int64_t)value : (int64_t)value;
	return 0;
}

/* Digits with a dot or an exponent. */
static bool is_float(const char *text)
{
	const char *at = text + (*text == '-' || *text == '+');
	size_t whole = strspn(at, "0123456789_"), behind = 0;

	at += whole;
	if (*at == '.') {
		behind = strspn(at + 1, "0123456789_");
		at += 1 + behind;
	}
	if (whole + behind == 0)
		return false;
	if (*at == 'e' || *at == 'E') {
		at += 1 + (at[1] == '-' || at[1] == '+');
		if (!*at)
			return false;
		at += strspn(at, "0123456789");
	}
	return !*at;
}

bool compose_is_respelled(const char *text)
{
	static const char *const words[] = { "True", "TRUE", "False", "FALSE" };
	const char *at = text + (*text == '-');
	size_t whole = strspn(at, "0123456789"), size = strlen(at);
	int64_t value;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	if (compose_integer(text, true, &value) < 0 && !is_float(text))
		return false;
	/* 7, 70, 0.7 and 7.07 are what they are written like */
	if (whole == 0 || whole > 18 || (at[0] == '0' && whole > 1))
		return true;
	return at[whole] && (at[whole] != '.' || at[size - 1] == '0' || size > 15 ||
			     strspn(at + whole + 1, "0123456789") != size - whole - 1 ||
			     size - whole < 2);
}

int compose_size(const char *text, char ret_text[COMPOSE_SIZE_TEXT])
{
	static const char letters[] = "kmgt";
	size_t digits = strspn(text, "0123456789");
	const char *dot = text[digits] == '.' ? text + digits + 1 : "", *unit;
	size_t behind = strspn(dot, "0123456789");
	const char *at = text + digits + (*dot ? 1 : 0) + behind;
	unsigned int shift = 0;
	uint64_t whole, part;

	if (digits > 12 || (*dot && !behind) || str_number(text, digits, &whole) < 0)
		return -EINVAL;
	at += *at == ' ';
	unit = *at ? strchr(letters, tolower((unsigned char)*at)) : NULL;
	if (unit) {
		shift = 10 * (unsigned int)(unit - letters + 1);
		at++;
		at += tolower((unsigned char)*at) == 'i' &&
		      tolower((unsigned char)at[1]) == 'b';
	}
	at += tolower((unsigned char)*at) == 'b';
	if (*at || whole >> (62 - shift))
		return -EINVAL;
	if (!behind) {
		(void)snprintf(ret_text, COMPOSE_SIZE_TEXT, "%llu%.*s",
			       (unsigned long long)whole, unit ? 1 : 0, unit ? unit : "");
		return 0;
	}
	/* as engines cut it to whole bytes */
	if (behind > 6)
		return -EINVAL;
	part = strtoull(dot, NULL, 10) << shift;
	for (size_t i = 0; i < behind; i++)
		part /= 10;
	(void)snprintf(ret_text, COMPOSE_SIZE_TEXT, "%llu",
		       (unsigned long long)((whole << shift) + part));
	return 0;
}

int compose_percent(const char *text, uint64_t *ret_percent)
{
	size_t whole = strspn(text, "0123456789"), digits = 0;
	uint64_t value = 0;

	if (text[whole] == '.')
		digits = strspn(text + whole + 1, "0123456789");
	if (whole + digits == 0 || text[whole + (text[whole] == '.') + digits])
		return -EINVAL;
	while (digits > 2 && text[whole + digits] == '0')
		digits--;
	if (whole > 4 || digits > 2)
		return -EINVAL;
	for (size_t i = 0; i < whole; i++)
		value = value * 10 + (uint64_t)(text[i] - '0');
	for (size_t i = 0; i < 2; i++)
		value = value * 10 +
			(i < digits ? (uint64_t)(text[whole + 1 + i] - '0') : 0);
	*ret_percent = value;
	return 0;
}

int compose_ports(const char *text, size_t size, unsigned int *ret_first,
		  unsigned int *ret_last)
{
	const char *dash = memchr(text, '-', size);
	size_t first = dash ? (size_t)(dash - text) : size;
	uint64_t from, to;

	if (str_number(text, first, &from) < 0)
		return -EINVAL;
	to = from;
	if (dash && str_number(dash + 1, size - first - 1, &to) < 0)
		return -EINVAL;
	if (from < 1 || to < from || to > 65535)
		return -EINVAL;
	*ret_first = (unsigned int)from;
	*ret_last = (unsigned int)to;
	return 0;
}

/* One word from @text into @to, which has room for all of it; what stands behind it, or NULL. */
static const char *take_word(const char *text, char *to)
{
	char quote = '\0';

	for (; *text && (quote || !isspace((unsigned char)*text)); text++) {
		if (*text == quote) {
			quote = '\0';
		} else if (!quote && (*text == '\'' || *text == '"')) {
			quote = *text;
		} else if (*text == '\\' && quote != '\'' && text[1] &&
			   (!quote || text[1] == '"' || text[1] == '\\')) {
			*to++ = *++text;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
	return quote ? NULL : text;
}

int compose_words(const char *text, struct source_texts *words)
{
	char *word = malloc(strlen(text) + 1);
	int r = word ? 0 : -ENOMEM;

	while (r == 0) {
		text += strspn(text, " \t\n");
		if (!*text)
			break;
		text = take_word(text, word);
		r = text ? source_texts_add(words, word) : -EINVAL;
	}
	free(word);
	return r;
}
