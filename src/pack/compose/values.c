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

int compose_size(const char *text, char ret_text[COMPOSE_SIZE_TEXT])
{
	static const char *const names[] = { "", "b", "k", "kb", "m", "mb", "g", "gb" };
	size_t digits = strspn(text, "0123456789");
	uint64_t value;

	if (digits > 18 || str_number(text, digits, &value) < 0)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char unit = names[i][0] == 'b' ? '\0' : names[i][0];

		if (strcasecmp(text + digits, names[i]) != 0)
			continue;
		(void)snprintf(ret_text, COMPOSE_SIZE_TEXT, "%.*s%.*s", (int)digits, text,
			       unit ? 1 : 0, names[i]);
		return 0;
	}
	return -EINVAL;
}

int compose_percent(const char *text, uint64_t *ret_percent)
{
	size_t whole = strspn(text, "0123456789"), digits = 0;
	uint64_t value = 0;

	if (text[whole] == '.')
		digits = strspn(text + whole + 1, "0123456789");
	if (whole > 4 || digits > 2 || whole + digits == 0 ||
	    text[whole + (text[whole] == '.') + digits])
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
