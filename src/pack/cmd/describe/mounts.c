/* SPDX-License-Identifier: Apache-2.0 */
/* What is mounted over the layers: the upper and the volumes. */
#include "pack/cmd/describe/parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

const char *describe_keep(struct manifest *manifest, const char *text, struct err *err)
{
	const char *kept = manifest_keep(manifest, text);

	if (!kept)
		(void)err_set(err, -EINVAL,
			      "the image's description is longer than a manifest "
			      "may be");
	return kept;
}

int describe_upper(struct manifest *manifest, const struct describe_config *config,
		   const struct describe_options *options, struct err *err)
{
	static const char words[][8] = { "tmpfs", "persist", "none" };
	const char *label = describe_label(config, "upper");
	const char *text = options->upper ? options->upper : label ? label : "tmpfs";
	size_t size = strcspn(text, ", ");

	for (size_t i = 0; i < 3; i++) {
		if (strlen(words[i]) != size || memcmp(words[i], text, size) != 0)
			continue;
		if (text[size] && i != 0)
			break;
		manifest->upper = (enum manifest_upper)i;
		manifest->upper_options =
			describe_keep(manifest, text[size] ? text + size + 1 : "", err);
		return manifest->upper_options ? 0 : -EINVAL;
	}
	return err_set(err, -EINVAL,
		       "upper is tmpfs[,size=...], persist or none, not '%s'", text);
}

/* "/data", "/data=persist", "/tmp=tmpfs,size=1m" */
static int add_volume(struct manifest *manifest, const char *text, struct err *err)
{
	struct manifest_volume *volume = &manifest->volumes[manifest->volume_count];
	char rel[4096], path[4097], name[4096];
	const char *kind = strchr(text, '=');
	size_t size = kind ? (size_t)(kind - text) : strlen(text);

	if (manifest->volume_count == MANIFEST_MAX_VOLUMES)
		return err_set(err, -EINVAL, "more than %d volumes",
			       MANIFEST_MAX_VOLUMES);
	if (size >= sizeof(name))
		return err_set(err, -EINVAL, "volume: the path is too long");
	memcpy(name, text, size);
	name[size] = '\0';
	if (name[0] != '/' || str_below_root(name, rel, sizeof(rel)) < 0)
		return err_set(err, -EINVAL, "volume %s: must be an absolute path", text);
	(void)snprintf(path, sizeof(path), "/%s", strcmp(rel, ".") == 0 ? "" : rel);
	kind = kind ? kind + 1 : "persist";
	volume->persist = strcmp(kind, "persist") == 0;
	if (!volume->persist && strncmp(kind, "tmpfs", 5) != 0)
		return err_set(err, -EINVAL, "volume %s: is persist or tmpfs[,OPTION...]",
			       text);
	volume->path = describe_keep(manifest, path, err);
	volume->options = describe_keep(
		manifest, !volume->persist && kind[5] == ',' ? kind + 6 : "", err);
	if (!volume->path || !volume->options)
		return -EINVAL;
	for (size_t i = 0; i < manifest->volume_count; i++)
		if (strcmp(manifest->volumes[i].path, path) == 0) {
			manifest->volumes[i] =
				*volume; /* the command line's comes later */
			return 0;
		}
	manifest->volume_count++;
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct manifest_volume *x = a, *y = b;

	return strcmp(x->path, y->path);
}

int describe_volumes(struct manifest *manifest, const struct describe_config *config,
		     const struct describe_options *options, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < config->volumes.count && r == 0; i++)
		r = add_volume(manifest, config->volumes.items[i], err);
	for (size_t i = 0; i < options->volumes.count && r == 0; i++)
		r = add_volume(manifest, options->volumes.items[i], err);
	qsort(manifest->volumes, manifest->volume_count, sizeof(manifest->volumes[0]),
	      by_path);
	return r;
}
