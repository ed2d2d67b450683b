/* SPDX-License-Identifier: Apache-2.0 */
/* The volumes: what the image's config, its label and the options say together. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "format/lines.h"
#include "pack/cmd/describe/parts.h"

struct volume {
	const char *text; /* as it was given: "/tmp=tmpfs,size=1m" */
	char path[4097];  /* plain */
	size_t turn;	  /* of two with one path, the later one counts */
};

static int by_path(const void *a, const void *b)
{
	const struct volume *x = a, *y = b;
	int order = strcmp(x->path, y->path);

	return order ? order : x->turn < y->turn ? -1 : 1;
}

static const char *kind_of(const struct volume *volume)
{
	const char *kind = strchr(volume->text, '=');

	return kind ? kind + 1 : "persist";
}

static int set_path(const struct description *d, struct volume *volume)
{
	size_t size = strcspn(volume->text, "=");
	char name[4096], rel[4096];

	if (size >= sizeof(name))
		return err_set(d->err, -EINVAL, "volume: the path is too long");
	memcpy(name, volume->text, size);
	name[size] = '\0';
	if (name[0] != '/' || str_below_root(name, rel, sizeof(rel)) < 0)
		return err_set(d->err, -EINVAL,
			       "volume '%.100s': must be an absolute path", volume->text);
	(void)snprintf(volume->path, sizeof(volume->path), "/%s",
		       strcmp(rel, ".") == 0 ? "" : rel);
	return 0;
}

/* "/data=tmpfs,size=1m" as "/data tmpfs size=1m". */
static int take_volume(const struct description *d, enum manifest_key_id id,
		       const struct volume *volume)
{
	char line[4 * sizeof(volume->path)];
	struct str s;

	str_init(&s, line, sizeof(line));
	lines_encode(&s, volume->path, false);
	str_add(&s, " ");
	for (const char *at = kind_of(volume); *at; at++)
		str_add_bytes(&s, *at == ',' ? " " : at, 1);
	if (str_done(&s) < 0)
		return err_set(d->err, -EINVAL, "volume '%.100s': is too long",
			       volume->text);
	return describe_take_words(d, id, line, volume->text);
}

static int take_volumes(const struct description *d, enum manifest_key_id id,
			struct volume *volumes, size_t count)
{
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		r = set_path(d, &volumes[i]);
	if (r == 0 && count)
		qsort(volumes, count, sizeof(volumes[0]), by_path);
	for (size_t i = 0; i < count && r == 0; i++)
		if (i + 1 == count || strcmp(volumes[i].path, volumes[i + 1].path) != 0)
			r = take_volume(d, id, &volumes[i]);
	return r;
}

int describe_volumes(const struct description *d, enum manifest_key_id id)
{
	const char *label = describe_label(d->config, manifest_keys[id].name);
	struct source_texts labelled = { 0 };
	const struct source_texts *lists[] = { &d->config->volumes, &labelled,
					       &d->options->keys[id] };
	struct volume *volumes;
	size_t count = 0;
	int r = describe_lines(label, "\n", &labelled);

	volumes = calloc(lists[0]->count + lists[1]->count + lists[2]->count + 1,
			 sizeof(*volumes));
	if (!volumes)
		r = -ENOMEM;
	for (size_t list = 0; list < 3 && r == 0; list++)
		for (size_t i = 0; i < lists[list]->count; i++, count++)
			volumes[count] = (struct volume){ .text = lists[list]->items[i],
							  .turn = count };
	if (r == 0)
		r = take_volumes(d, id, volumes, count);
	free(volumes);
	source_texts_done(&labelled);
	return r;
}
