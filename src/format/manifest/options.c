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

#ifdef MANIFEST_SUPERVISED
#define LEAST MANIFEST_VOLUME_LEAST
#define ROOM "size= must be 16m or more"
#else
#define LEAST UINT64_MAX
#define ROOM "size=: this build can't"
#endif

static bool room_valid(const char *value, size_t size)
{
	uint64_t number;

	return str_size_parse(value, size, "kmg", &number) == 0 && number >= LEAST;
}

/* Without a value where the name has no =. */
static const struct option {
	const char *name;
	bool (*valid)(const char *value, size_t size);
	const char *wrong;
} options[] = {
	{ "mode=", mode_valid, "mode= must be four octal digits, at most 3777" },
	{ "nr_inodes=", inodes_valid, "nr_inodes= must be 1 to 2147483647" },
	{ "size=", size_valid,
	  "size= must be 1% to 100%, or bytes with k, m, g or nothing" },
	{ "size=", room_valid, ROOM },
	{ "noexec", NULL, NULL },
	{ "ro", NULL, NULL },
	{ "fresh", NULL, NULL },
};

/* Which of them, from the first to before the end. */
static const struct {
	unsigned char first, end;
	const char *others;
} takes[] = {
	[MANIFEST_OF_UPPER] = { 1, 3, "tmpfs takes size= and nr_inodes= only here" },
	[MANIFEST_OF_TMPFS] = { 0, 3, "tmpfs takes size=, nr_inodes= and mode= only" },
	[MANIFEST_OF_PERSIST] = { 3, 7,
				  "persist takes noexec, ro, fresh and size= only" },
};

/* Is it this option, with a value where it has one? */
static bool is_option(const struct option *option, const char *text, size_t size)
{
	size_t name = strlen(option->name);

	return (option->valid ? size > name : size == name) &&
	       memcmp(text, option->name, name) == 0;
}

const char *manifest_wrong_options(const char *text, enum manifest_options of)
{
	unsigned int seen = 0;

	/* behind a comma, nothing is no option */
	for (bool more = *text; more; text++) {
		size_t size = strcspn(text, ","), i = takes[of].first;
		const struct option *option = &options[i];

		for (; i < takes[of].end && !is_option(option, text, size); i++)
			option++;
		if (i == takes[of].end)
			return takes[of].others;
		if (seen & 1U << i)
			return "an option stands there twice";
		seen |= 1U << i;
		size_t name = strlen(option->name);

		if (option->valid && !option->valid(text + name, size - name))
			return option->wrong;
		text += size;
		more = *text;
	}
	return NULL;
}

/* Where the value of option @name of the persistent @volume begins; NULL: it has none. */
static const char *find(const struct manifest_volume *volume, const char *name)
{
	size_t size = strlen(name);

	for (const char *at = volume->options; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, name, size) == 0)
			return at + size;
	}
	return NULL;
}

bool manifest_volume_has(const struct manifest_volume *volume, const char *word)
{
	const char *end = find(volume, word);

	return end && (!*end || *end == ',');
}

#ifdef MANIFEST_SUPERVISED
uint64_t manifest_volume_size(const struct manifest_volume *volume)
{
	const char *value = volume->persist ? find(volume, "size=") : NULL;
	uint64_t number;

	return value && str_size_parse(value, strcspn(value, ","), "kmg", &number) == 0
		       ? number
		       : 0;
}
#endif

uint64_t manifest_volume_sizes(const struct manifest *manifest)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < manifest->volume_count; i++)
		bytes += manifest_volume_size(&manifest->volumes[i]);
	return bytes;
}
