/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "format/manifest.h"
#include "format/manifest/check.h"

/* What the kernel reads as unsigned int; far more than a device's memory has room for. */
#define MAX_INODES INT32_MAX

static bool size_valid(const char *value, size_t size)
{
	uint64_t number;

	if (value[size - 1] == '%')
		return str_number(value, size - 1, &number) == 0 && number >= 1 &&
		       number <= 100;
	/* To tmpfs, 0 means without a limit. */
	return str_size_parse(value, size, "kmg", &number) == 0 && number >= 1;
}

static bool inodes_valid(const char *value, size_t size)
{
	uint64_t number;

	return str_number(value, size, &number) == 0 && number >= 1 &&
	       number <= MAX_INODES;
}

static bool mode_valid(const char *value, size_t size)
{
	return size == 4 && strspn(value, "01234567") >= 4 && value[0] <= '3';
}

static const struct option {
	const char *name; /* with its = */
	bool (*valid)(const char *value, size_t size);
	const char *wrong;
} options[] = {
	{ "size=", size_valid,
	  "size= must be 1% to 100%, or bytes with k, m, g or nothing" },
	{ "nr_inodes=", inodes_valid, "nr_inodes= must be 1 to 2147483647" },
	{ "mode=", mode_valid, "mode= must be four octal digits, at most 3777" },
};

#define OPTION_COUNT (sizeof(options) / sizeof(options[0]))
#define OPTION_MODE 2

static size_t find_option(const char *word, size_t size)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		size_t name = strlen(options[i].name);

		if (size > name && memcmp(word, options[i].name, name) == 0)
			return i;
	}
	return OPTION_COUNT;
}

const char *manifest_wrong_options(const char *text, bool mode)
{
	unsigned int seen = 0;

	while (*text) {
		size_t size = strcspn(text, ",");
		size_t i = find_option(text, size);

		if (i == OPTION_COUNT || (i == OPTION_MODE && !mode))
			return mode ? "tmpfs takes size=, nr_inodes= and mode= only"
				    : "tmpfs takes size= and nr_inodes= only here";
		if (seen & 1U << i)
			return "an option stands there twice";
		seen |= 1U << i;
		size_t name = strlen(options[i].name);

		if (!options[i].valid(text + name, size - name))
			return options[i].wrong;
		text += size;
		if (*text == ',' && !*++text)
			return "ends with a comma";
	}
	return NULL;
}

static const char *const persist_words[] = { "noexec", "ro", "fresh" };

#define PERSIST_WORDS (sizeof(persist_words) / sizeof(persist_words[0]))

static bool is_word(const char *text, const char *word)
{
	size_t size = strlen(word);

	return strncmp(text, word, size) == 0 && (text[size] == ',' || !text[size]);
}

const char *manifest_wrong_persist(const char *text)
{
	unsigned int seen = 0;

	while (*text) {
		size_t i = 0;

		while (i < PERSIST_WORDS && !is_word(text, persist_words[i]))
			i++;
		if (i == PERSIST_WORDS)
			return "persist takes noexec, ro and fresh only";
		if (seen & 1U << i)
			return "an option stands there twice";
		seen |= 1U << i;
		text += strlen(persist_words[i]);
		if (*text == ',' && !*++text)
			return "ends with a comma";
	}
	return NULL;
}

bool manifest_volume_has(const struct manifest_volume *volume, const char *word)
{
	for (const char *at = volume->options; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (is_word(at, word))
			return true;
	}
	return false;
}
