/* SPDX-License-Identifier: Apache-2.0 */
/* What an image is called: "registry/team/app:1.0". */
#include <string.h>

#include "pack/source/oci.h"

/* "docker.io/library/app" and "app" are the same; so are "app" and "app:latest". */
static const char *short_name(const char *name)
{
	static const char *const prefixes[] = { "docker.io/", "library/" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			name += strlen(prefixes[i]);
	return name;
}

static bool has_tag(const char *name)
{
	const char *slash = strrchr(name, '/');

	return strchr(slash ? slash : name, ':') != NULL;
}

bool oci_same_reference(const char *asked, const char *have)
{
	size_t size;

	asked = short_name(asked);
	have = short_name(have);
	if (strcmp(asked, have) == 0)
		return true;
	size = strlen(asked);
	return !has_tag(asked) && strncmp(have, asked, size) == 0 &&
	       strcmp(have + size, ":latest") == 0;
}

bool oci_short_reference(const char *asked, const char *have)
{
	const char *slash = strrchr(have, '/'), *last = slash ? slash + 1 : have;
	const char *colon = strchr(last, ':');

	return oci_same_reference(asked, have) || oci_same_reference(asked, last) ||
	       (colon && strcmp(colon + 1, asked) == 0);
}
