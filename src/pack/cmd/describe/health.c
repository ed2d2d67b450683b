/* SPDX-License-Identifier: Apache-2.0 */
/* How the program's health is checked: the image's HEALTHCHECK, or a shell command with
 * times before it: "interval=5 retries=2 curl -f localhost". */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "cli/cmd.h"
#include "format/manifest/health.h"
#include "pack/cmd/describe/parts.h"

static bool is_time(const char *word)
{
	static const char *const names[] = { "interval=", "timeout=", "start=",
					     "start-interval=", "retries=" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(word, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* How much of it is times, with the spaces between and behind them. */
static size_t times_size(const char *text)
{
	size_t size = 0;

	while (is_time(text + size)) {
		size += strcspn(text + size, " ");
		size += strspn(text + size, " ");
	}
	return size;
}

/* An image's times as a manifest can have them; nobody who packs wrote those. */
static void shorten(const char *times, size_t size, struct str *words)
{
	for (size_t at = 0; at < size;) {
		size_t word = strcspn(times + at, " "),
		       name = strcspn(times + at, "=") + 1;
		uint64_t number = UINT64_MAX; /* one that is too large to be read, too */

		(void)str_number(times + at + name, word - name, &number);
		if (number > MANIFEST_HEALTH_MOST) {
			cmd_note("the image's HEALTHCHECK: %.*s: %d is the most",
				 (int)word, times + at, MANIFEST_HEALTH_MOST);
			number = MANIFEST_HEALTH_MOST;
		}
		str_addf(words, "%s%.*s%" PRIu64, words->used ? " " : "", (int)name,
			 times + at, number);
		at += word + strspn(times + at + word, " ");
	}
}

int describe_health(const struct description *d, enum manifest_key_id id)
{
	const char *said = describe_said(d, id);
	const char *times = said ? said : d->config->health_times;
	size_t size = times ? times_size(times) : 0;
	char words[256];
	struct str s;

	while (size > 0 && times[size - 1] == ' ')
		size--;
	str_init(&s, words, sizeof(words));
	if (said)
		str_add_bytes(&s, times, size);
	else
		shorten(times, size, &s);
	return s.used == 0 || str_done(&s) < 0 ? 0
					       : describe_take_words(d, id, words, words);
}

static int take_all(const struct description *d, enum manifest_key_id id,
		    const struct source_texts *texts)
{
	int r = 0;

	for (size_t i = 0; i < texts->count && r == 0; i++)
		r = describe_take(d, id, texts->items[i]);
	return r;
}

static int take_command(const struct description *d, enum manifest_key_id id,
			const char *command)
{
	int r;

	if (!*command || strcmp(command, "none") == 0)
		return 0;
	r = describe_take(d, id, "/bin/sh");
	if (r == 0)
		r = describe_take(d, id, "-c");
	return r == 0 ? describe_take(d, id, command) : r;
}

int describe_health_args(const struct description *d, enum manifest_key_id id)
{
	const char *said = describe_said(d, MANIFEST_KEY_health);

	if (d->options->keys[id].count)
		return take_all(d, id, &d->options->keys[id]);
	if (said && said[times_size(said)])
		return take_command(d, id, said + times_size(said));
	if (said && *said && !d->config->health.count)
		return err_set(
			d->err, -EINVAL,
			"health '%.100s': which command? The image has no HEALTHCHECK "
			"of its own",
			said);
	if (d->config->health.count && d->manifest->run == MANIFEST_RUN_EXEC) {
		cmd_note("the image's HEALTHCHECK is for --run supervise");
		return 0;
	}
	return take_all(d, id, &d->config->health);
}
