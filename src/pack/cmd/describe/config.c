/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/cmd/describe/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "format/manifest.h"

static void take(const char **field, const char *text)
{
	if (text && *text)
		*field = text;
}

static void merge(const struct source_config *from, struct describe_config *config)
{
	take(&config->arch, from->arch);
	take(&config->user, from->user);
	take(&config->cwd, from->cwd);
	take(&config->stop_signal, from->stop_signal);
	/* the two belong together: an image's Cmd means nothing to another's Entrypoint */
	if (from->entrypoint.count || from->cmd.count) {
		config->entrypoint = from->entrypoint;
		config->cmd = from->cmd;
	}
	/* one empty word is how an image takes back the Entrypoint that it was built on */
	if (config->entrypoint.count == 1 && !config->entrypoint.items[0][0])
		config->entrypoint = (struct source_texts){ 0 };
	if (from->env.count)
		config->env = from->env;
	if (from->volumes.count)
		config->volumes = from->volumes;
	if (from->health.count) {
		config->health = from->health;
		config->health_times = from->health_times;
	}
	if (from->labels.count)
		config->labels = from->labels;
}

int describe_config_merge(const struct source *sources, size_t count,
			  struct describe_config *ret_config)
{
	*ret_config = (struct describe_config){ 0 };
	for (size_t i = 0; i < count; i++) {
		take(&ret_config->name, sources[i].name);
		if (sources[i].name && *sources[i].name)
			ret_config->name_is_path = sources[i].name_is_path;
		take(&ret_config->version, sources[i].version);
		merge(&sources[i].config, ret_config);
	}
	return 0;
}

const char *describe_label(const struct describe_config *config, const char *name)
{
	static const char prefix[] = "org.lamina.";
	const struct source_texts *labels = &config->labels;

	for (size_t i = 0; i + 1 < labels->count; i += 2)
		if (strncmp(labels->items[i], prefix, sizeof(prefix) - 1) == 0 &&
		    strcmp(labels->items[i] + sizeof(prefix) - 1, name) == 0)
			return labels->items[i + 1];
	return NULL;
}

static int signal_of_number(int number, char *ret_name, size_t size)
{
	char name[MANIFEST_SIGNAL_SIZE];
	int r = manifest_signal_name(number, name);

	if (r == 0)
		(void)snprintf(ret_name, size, "%s", name);
	return r;
}

/* "RTMAX" and "RTMAX-2": counted from the end, as engines do. The number, or -EINVAL. */
static int realtime_from_end(const char *name)
{
	uint64_t offset = 0;

	if (strncmp(name, "RTMAX", 5) != 0)
		return -EINVAL;
	if (name[5] &&
	    (name[5] != '-' || str_number(name + 6, strlen(name + 6), &offset) < 0 ||
	     offset > 30))
		return -EINVAL;
	return 64 - (int)offset;
}

int describe_signal(const char *text, char *ret_name, size_t size)
{
	static const char others[][2][8] = { { "IOT", "ABRT" }, { "IO", "POLL" } };
	char name[32];
	uint64_t number;
	size_t used = 0;

	if (str_number(text, strlen(text), &number) == 0)
		return number < 65 ? signal_of_number((int)number, ret_name, size)
				   : -EINVAL;
	for (; text[used] && used < sizeof(name) - 1; used++)
		name[used] = (char)toupper((unsigned char)text[used]);
	name[used] = '\0';
	text = strncmp(name, "SIG", 3) == 0 ? name + 3 : name;
	for (size_t i = 0; i < 2; i++)
		if (strcmp(text, others[i][0]) == 0)
			text = others[i][1];
	if (realtime_from_end(text) > 0)
		return signal_of_number(realtime_from_end(text), ret_name, size);
	(void)snprintf(ret_name, size, "SIG%s", text);
	return manifest_signal(ret_name) < 0 ? -EINVAL : 0;
}
