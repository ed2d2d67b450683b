/* SPDX-License-Identifier: Apache-2.0 */
#include "format/manifest/health.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/str.h"

static const struct {
	const char *name;
	size_t value; /* offset in struct manifest_health */
	unsigned int standard, least;
} times[] = {
	{ "interval=", offsetof(struct manifest_health, interval_s), 30, 1 },
	{ "timeout=", offsetof(struct manifest_health, timeout_s), 30, 1 },
	{ "start=", offsetof(struct manifest_health, start_s), 0, 0 },
	{ "start-interval=", offsetof(struct manifest_health, start_interval_s), 5, 1 },
	{ "retries=", offsetof(struct manifest_health, retries), 3, 1 },
};

#define TIMES (sizeof(times) / sizeof(times[0]))

static uint64_t *at(struct manifest_health *health, size_t index)
{
	return (void *)((char *)health + times[index].value);
}

void manifest_health_defaults(struct manifest_health *ret_health)
{
	for (size_t i = 0; i < TIMES; i++)
		*at(ret_health, i) = times[i].standard;
}

static int read_word(struct manifest_health *health, const char *word, size_t size)
{
	for (size_t i = 0; i < TIMES; i++) {
		size_t name = strlen(times[i].name);
		uint64_t *value = at(health, i);

		if (size < name || memcmp(word, times[i].name, name) != 0)
			continue;
		return str_number(word + name, size - name, value) == 0 &&
		       *value >= times[i].least && *value <= MANIFEST_HEALTH_MOST;
	}
	return 0;
}

int manifest_read_health(struct manifest_reader *reader, const struct manifest_key *key)
{
	const char *word;
	size_t size;
	int r;

	while ((r = lines_word(&reader->lines, &word, &size, reader->err)) > 0) {
		if (!read_word(&reader->manifest->health, word, size))
			return manifest_refuse(
				reader, key,
				"takes interval=, timeout=, start=, start-interval= and "
				"retries=, each a number up to 86400");
	}
	return r;
}

void manifest_write_health(const struct manifest_health *health, struct str *text)
{
	struct manifest_health copy = *health;

	str_add(text, "health");
	for (size_t i = 0; i < TIMES; i++)
		str_addf(text, " %s%" PRIu64, times[i].name, *at(&copy, i));
	str_add(text, "\n");
}
