/* SPDX-License-Identifier: Apache-2.0 */
/* The volumes: what the image's config, its label and the options say together. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cli/cmd.h"
#include "format/lines.h"
#include "format/manifest/check.h"
#include "pack/cmd/describe/parts.h"

struct volume {
	const char *text; /* as it was given: "/tmp=tmpfs,size=1m" */
	const char *kind; /* the end of it */
	char path[4097];  /* plain */
	size_t turn;	  /* of two with one path, the later one counts */
	bool imagined;	  /* the image's config has it: nobody here asked for it */
};

static int by_path(const void *a, const void *b)
{
	const struct volume *x = a, *y = b;
	int order = strcmp(x->path, y->path);

	return order ? order : x->turn < y->turn ? -1 : 1;
}

/* Docker's HOST:PATH, or PATH:ro: a folder of such a name is hardly meant. */
static bool is_of_docker(const struct volume *volume, const char *name)
{
	const char *last = strrchr(name, ':');

	return !volume->imagined && last &&
	       (last[1] == '/' || strcmp(last, ":ro") == 0 || strcmp(last, ":rw") == 0);
}

static int set_path(const struct description *d, struct volume *volume)
{
	size_t size = strcspn(volume->text, "=");
	char name[4096], rel[4096];

	volume->kind = volume->text[size] ? volume->text + size + 1 : "persist";
	if (size >= sizeof(name))
		return err_set(d->err, -EINVAL, "volume: the path is too long");
	memcpy(name, volume->text, size);
	name[size] = '\0';
	if (name[0] != '/' || str_below_root(name, rel, sizeof(rel)) < 0)
		return err_set(d->err, -EINVAL,
			       "volume '%.100s': must be an absolute path", volume->text);
	if (is_of_docker(volume, name))
		return err_set(
			d->err, -EINVAL,
			"volume '%.100s': must be PATH alone, or PATH=persist,ro: a "
			"device keeps it by the image's name and that path",
			volume->text);
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
	for (const char *at = volume->kind; *at; at++)
		str_add_bytes(&s, *at == ',' ? " " : at, 1);
	if (str_done(&s) < 0)
		return err_set(d->err, -EINVAL, "volume '%.100s': is too long",
			       volume->text);
	return describe_take_words(d, id, line, volume->text);
}

static void note_imagined(const struct volume *volume)
{
	if (volume->imagined)
		cmd_note("the image's volume %s is kept in the device's store; "
			 "--volume %s=tmpfs in memory",
			 volume->path, volume->path);
}

static int take_volumes(const struct description *d, enum manifest_key_id id,
			struct volume *volumes, size_t count)
{
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		if (!volumes[i].path[0])
			r = set_path(d, &volumes[i]);
	if (r == 0 && count)
		qsort(volumes, count, sizeof(volumes[0]), by_path);
	for (size_t i = 0; i < count && r == 0; i++)
		if (i + 1 == count || strcmp(volumes[i].path, volumes[i + 1].path) != 0) {
			note_imagined(&volumes[i]);
			r = take_volume(d, id, &volumes[i]);
		}
	return r;
}

/* Engines make these anew for every container; on a device, an image's root has them. */
static bool is_volatile(const char *path)
{
	static const char *const places[] = { "/run", "/tmp", "/var/run", "/dev/shm" };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		size_t size = strlen(places[i]);

		if (strncmp(path, places[i], size) == 0 &&
		    (path[size] == '\0' || path[size] == '/'))
			return true;
	}
	return false;
}

/* What is wrong with a volume of the image's config, which engines take from the root; NULL and
 * its path where nothing is. Nobody who packs wrote it, so that is no error. */
static const char *imagined_path(const char *text, char *ret_path, size_t size)
{
	if (strpbrk(text, "\"'[]"))
		return "has quotes or brackets in it, as of a list that is no JSON";
	if (describe_clean_path(text, ret_path, size) < 0)
		return "is no path below the root";
	if (is_volatile(ret_path))
		return "is where files go with the power";
	return manifest_wrong_volume(ret_path);
}

static size_t take_imagined(const struct source_texts *texts, struct volume *volumes)
{
	size_t count = 0;

	for (size_t i = 0; i < texts->count; i++) {
		struct volume *volume = &volumes[count];
		const char *wrong = imagined_path(texts->items[i], volume->path,
						  sizeof(volume->path));

		if (wrong) {
			cmd_note("the image's volume '%.100s' is left out: it %s",
				 texts->items[i], wrong);
			continue;
		}
		volume->text = texts->items[i];
		volume->kind = "persist";
		volume->imagined = true;
		volume->turn = count++;
	}
	return count;
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
	if (r == 0)
		count = take_imagined(lists[0], volumes);
	for (size_t list = 1; list < 3 && r == 0; list++)
		for (size_t i = 0; i < lists[list]->count; i++, count++)
			volumes[count] = (struct volume){ .text = lists[list]->items[i],
							  .turn = count };
	if (r == 0)
		r = take_volumes(d, id, volumes, count);
	free(volumes);
	source_texts_done(&labelled);
	return r;
}
