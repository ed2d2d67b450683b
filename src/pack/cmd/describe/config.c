/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/cmd/describe/config.h"

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
	/* the two belong together: an image's Cmd means nothing to another's Entrypoint
	 */
	if (from->entrypoint.count || from->cmd.count) {
		config->entrypoint = from->entrypoint;
		config->cmd = from->cmd;
	}
	if (from->env.count)
		config->env = from->env;
	if (from->volumes.count)
		config->volumes = from->volumes;
	if (from->labels.count)
		config->labels = from->labels;
}

int describe_config_merge(const struct source *sources, size_t count,
			  struct describe_config *ret_config)
{
	*ret_config = (struct describe_config){ 0 };
	for (size_t i = 0; i < count; i++) {
		take(&ret_config->name, sources[i].name);
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

/* The name of a number, by asking the manifest's own reader for each. */
static int signal_of_number(uint64_t number, char *ret_name, size_t size)
{
	static const char names[][8] = { "HUP",	 "INT",	  "QUIT", "ABRT", "KILL",
					 "USR1", "USR2",  "PIPE", "ALRM", "TERM",
					 "CONT", "WINCH", "POLL", "PWR",  "SYS" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(ret_name, size, "SIG%s", names[i]);
		if (manifest_signal(ret_name) == (int)number)
			return 0;
	}
	for (unsigned int i = 0; i <= 30; i++) {
		if (i == 0)
			(void)snprintf(ret_name, size, "SIGRTMIN");
		else
			(void)snprintf(ret_name, size, "SIGRTMIN+%u", i);
		if (manifest_signal(ret_name) == (int)number)
			return 0;
	}
	return -EINVAL;
}

int describe_signal(const char *text, char *ret_name, size_t size)
{
	uint64_t number;

	if (str_number(text, strlen(text), &number) == 0)
		return number < 65 ? signal_of_number(number, ret_name, size) : -EINVAL;
	(void)snprintf(ret_name, size, "%s%s", strncmp(text, "SIG", 3) == 0 ? "" : "SIG",
		       text);
	return manifest_signal(ret_name) < 0 ? -EINVAL : 0;
}
