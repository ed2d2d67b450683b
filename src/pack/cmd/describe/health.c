/* SPDX-License-Identifier: Apache-2.0 */
/* How the program's health is checked: the image's HEALTHCHECK, or a shell command with
 * times before it: "interval=5 retries=2 curl -f localhost". */
#include <errno.h>
#include <string.h>

#include "cli/cmd.h"
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

int describe_health(const struct description *d, enum manifest_key_id id)
{
	const char *said = describe_said(d, id);
	const char *times = said ? said : d->config->health_times;
	size_t size = times ? times_size(times) : 0;
	char words[256];

	while (size > 0 && times[size - 1] == ' ')
		size--;
	if (size == 0 || size >= sizeof(words))
		return 0;
	memcpy(words, times, size);
	words[size] = '\0';
	return describe_take_words(d, id, words, words);
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
