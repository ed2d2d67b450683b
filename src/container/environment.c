/* SPDX-License-Identifier: Apache-2.0 */
#include "container/environment.h"

#include <stdio.h>
#include <string.h>

/* What container engines set when an image does not. */
#define DEFAULT_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define DEFAULT_TERM "TERM=linux"

const char *environment_get(const struct environment *environment, const char *name)
{
	size_t size = strlen(name);

	for (size_t i = 0; environment->env[i]; i++) {
		const char *entry = environment->env[i];

		if (strncmp(entry, name, size) == 0 && entry[size] == '=')
			return entry + size + 1;
	}
	return NULL;
}

static void add_missing(struct environment *environment, size_t *count, const char *name,
			const char *entry)
{
	if (environment_get(environment, name))
		return;
	environment->env[(*count)++] = entry;
	environment->env[*count] = NULL;
}

void environment_make(const struct manifest *manifest, const struct identity *identity,
		      const char *hostname, struct environment *ret_environment)
{
	size_t count = manifest->env_count;

	memcpy(ret_environment->env, manifest->env, count * sizeof(manifest->env[0]));
	ret_environment->env[count] = NULL;
	(void)snprintf(ret_environment->home, sizeof(ret_environment->home), "HOME=%s",
		       identity->home);
	add_missing(ret_environment, &count, "PATH", DEFAULT_PATH);
	add_missing(ret_environment, &count, "HOME", ret_environment->home);
	if (!hostname) {
		add_missing(ret_environment, &count, "TERM", DEFAULT_TERM);
		return;
	}
	(void)snprintf(ret_environment->hostname, sizeof(ret_environment->hostname),
		       "HOSTNAME=%s", hostname);
	add_missing(ret_environment, &count, "HOSTNAME", ret_environment->hostname);
	if (manifest->systemd)
		add_missing(ret_environment, &count, "container", "container=lamina");
}
