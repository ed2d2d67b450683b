/* SPDX-License-Identifier: Apache-2.0 */
/* Volumes: a named one is the store's, and the others who name it share it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pack/compose/parts.h"

/* How the long form spells it; the short one is taken apart into the same. */
struct volume {
	const char *type, *source, *target;
	char options[64]; /* of a tmpfs: ",size=1m,mode=0755" */
	bool ro, fresh;
};

static bool mounted(const struct compose_reader *reader, size_t service, const char *name)
{
	for (size_t i = 0; i < reader->mount_count; i++)
		if (reader->mounts[i].service == service && reader->mounts[i].volume &&
		    strcmp(reader->mounts[i].volume, name) == 0)
			return true;
	return false;
}

static int add_mount(struct compose_reader *reader, const yaml_node_t *node,
		     const char *key, const struct volume *volume)
{
	struct compose_mount *mount = &reader->mounts[reader->mount_count];
	size_t service = (size_t)(reader->service - reader->compose->services);

	if (reader->mount_count == COMPOSE_MAX_MOUNTS)
		return compose_wrong(reader, node, key, "more than %d volumes",
				     COMPOSE_MAX_MOUNTS);
	if (volume->source && mounted(reader, service, volume->source))
		return compose_wrong(reader, node, key,
				     "%.60s is in this service already", volume->source);
	*mount = (struct compose_mount){
		.volume = volume->source ? strdup(volume->source) : NULL,
		.path = strdup(volume->target),
		.service = service,
		.ro = volume->ro,
		.fresh = volume->fresh,
		.node = node,
	};
	reader->mount_count++;
	return mount->path && (mount->volume || !volume->source)
		       ? 0
		       : err_errno(reader->err, -ENOMEM, "%s", reader->request->path);
}

static int declared(struct compose_reader *reader, const yaml_node_t *node,
		    const char *key, const char *name)
{
	__compose_map struct compose_map map = { 0 };
	int r = 0;

	if (reader->volumes && !compose_is_null(reader->volumes))
		r = compose_map_read(reader, reader->volumes, "volumes", &map);
	for (size_t i = 0; i < map.count; i++)
		if (strcmp(map.pairs[i].key, name) == 0)
			return r;
	return r < 0 ? r
		     : compose_wrong(reader, node, key,
				     "the file has no volume %.60s below its `volumes`",
				     name);
}

static int add_volume(struct compose_reader *reader, const yaml_node_t *node,
		      const char *key, const struct volume *volume)
{
	const char *target = volume->target;
	int r = 0;

	if (strpbrk(target, "=, "))
		return compose_wrong(reader, node, key,
				     "'%.60s': no path with a =, comma or space", target);
	if (strcmp(volume->type, "bind") == 0)
		return compose_unkept(
			reader, node, key,
			"'%.60s' is a path of the machine: a device has a named "
			"volume, or the file in its image",
			volume->source ? volume->source : target);
	if (strcmp(volume->type, "tmpfs") == 0)
		return compose_option(reader, node, "volume", "%s=tmpfs%s", target,
				      volume->options);
	if (strcmp(volume->type, "volume") != 0)
		return compose_unkept(reader, node, key,
				      "a device has no volume of type %.40s",
				      volume->type);
	if (volume->source)
		r = declared(reader, node, key, volume->source);
	return r < 0 ? r : add_mount(reader, node, key, volume);
}

/* What says how an engine's host has it, and nothing to a device: labels of SELinux, and how the
 * files of a Mac are kept alike. */
static bool says_nothing(const char *mode, size_t size)
{
	static const char *const words[] = { "rw",     "z",	    "Z",
					     "cached", "delegated", "consistent" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == size && strncmp(words[i], mode, size) == 0)
			return true;
	return false;
}

static int take_mode(struct compose_reader *reader, const yaml_node_t *node,
		     const char *key, const char *modes, struct volume *volume)
{
	while (*modes) {
		size_t size = strcspn(modes, ",");

		if (size == 2 && strncmp(modes, "ro", size) == 0)
			volume->ro = true;
		else if (size == 6 && strncmp(modes, "nocopy", size) == 0)
			volume->fresh = true;
		else if (!says_nothing(modes, size)) {
			int r = compose_unkept(reader, node, key,
					       "a device can't keep '%.*s'",
					       size > 40 ? 40 : (int)size, modes);

			if (r < 0)
				return r;
		}
		modes += size + (modes[size] == ',');
	}
	return 0;
}

/* The text taken apart, which the volume's fields then point into. */
static int split(struct compose_reader *reader, const yaml_node_t *node, const char *key,
		 char *text, struct volume *volume)
{
	char *rest = text, *first = strsep(&rest, ":"), *second = strsep(&rest, ":");
	const char *mode = strsep(&rest, ":");

	volume->source = second ? first : NULL;
	volume->target = second ? second : first;
	if (rest || volume->target[0] != '/' || (second && !*first))
		return compose_wrong(reader, node, key, "'%.60s' is not NAME:/PATH[:ro]",
				     (const char *)node->data.scalar.value);
	if (second && (strchr(first, '/') || *first == '.' || *first == '~'))
		volume->type = "bind";
	return mode ? take_mode(reader, node, key, mode, volume) : 0;
}

/* [SOURCE:]TARGET[:MODE] */
static int take_short(struct compose_reader *reader, const char *key,
		      const yaml_node_t *node)
{
	struct volume volume = { .type = "volume" };
	const char *text;
	char *copy;
	int r = compose_text(reader, node, key, &text);

	if (r < 0)
		return r;
	copy = strdup(text);
	if (!copy)
		return err_errno(reader->err, -ENOMEM, "%s", reader->request->path);
	r = split(reader, node, key, copy, &volume);
	if (r == 0)
		r = add_volume(reader, node, key, &volume);
	free(copy);
	return r;
}

static int add_size(struct compose_reader *reader, const yaml_node_t *node,
		    const char *key, struct volume *volume)
{
	char size[COMPOSE_SIZE_TEXT];
	int r = compose_bytes(reader, node, key, size);
	size_t used = strlen(volume->options);

	if (r == 0)
		(void)snprintf(volume->options + used, sizeof(volume->options) - used,
			       ",size=%s", size);
	return r;
}

/* A number, which people spell 0755 or 0o755. */
static int add_mode(struct compose_reader *reader, const yaml_node_t *node,
		    const char *key, struct volume *volume)
{
	size_t used = strlen(volume->options);
	int64_t mode;
	int r = compose_number(reader, node, key, &mode);

	if (r < 0)
		return r;
	if (mode < 0 || mode > 07777)
		return compose_wrong(reader, node, key,
				     "mode: '%.40s' is none of 0 to 07777",
				     (const char *)node->data.scalar.value);
	(void)snprintf(volume->options + used, sizeof(volume->options) - used,
		       ",mode=%04o", (unsigned int)mode);
	return 0;
}

/* The mapping below `volume` or `tmpfs` of the long form. */
static int take_inner(struct compose_reader *reader, const char *key,
		      const yaml_node_t *node, struct volume *volume)
{
	__compose_map struct compose_map map = { 0 };
	int r = compose_map_read(reader, node, key, &map);

	for (size_t i = 0; i < map.count && r == 0; i++) {
		const struct compose_pair *pair = &map.pairs[i];

		if (strcmp(pair->key, "nocopy") == 0)
			r = compose_bool(reader, pair->value, key, &volume->fresh);
		else if (strcmp(pair->key, "size") == 0)
			r = add_size(reader, pair->value, key, volume);
		else if (strcmp(pair->key, "mode") == 0)
			r = add_mode(reader, pair->value, key, volume);
		else
			r = compose_unkept(reader, pair->key_node, key,
					   "a device can't keep its %.40s", pair->key);
	}
	return r;
}

static int take_long(struct compose_reader *reader, const char *key,
		     const yaml_node_t *node)
{
	__compose_map struct compose_map map = { 0 };
	struct volume volume = { .type = "volume" };
	int r = compose_map_read(reader, node, key, &map);

	for (size_t i = 0; i < map.count && r == 0; i++) {
		const struct compose_pair *pair = &map.pairs[i];

		if (strcmp(pair->key, "type") == 0)
			r = compose_text(reader, pair->value, key, &volume.type);
		else if (strcmp(pair->key, "source") == 0)
			r = compose_text(reader, pair->value, key, &volume.source);
		else if (strcmp(pair->key, "target") == 0)
			r = compose_text(reader, pair->value, key, &volume.target);
		else if (strcmp(pair->key, "read_only") == 0)
			r = compose_bool(reader, pair->value, key, &volume.ro);
		else if (strcmp(pair->key, "volume") == 0 ||
			 strcmp(pair->key, "tmpfs") == 0)
			r = take_inner(reader, key, pair->value, &volume);
		else if (strcmp(pair->key, "bind") != 0)
			r = compose_unkept(reader, pair->key_node, key,
					   "a device can't keep its %.40s", pair->key);
	}
	if (r == 0 && (!volume.target || volume.target[0] != '/'))
		r = compose_wrong(reader, node, key, "has no target that is a path");
	return r < 0 ? r : add_volume(reader, node, key, &volume);
}

int compose_take_volumes(struct compose_reader *reader, const struct compose_key *key,
			 const yaml_node_t *value)
{
	const yaml_node_t *item;
	int r = 0;

	for (size_t i = 0; r == 0 && (item = compose_item(reader, value, i)); i++)
		r = item->type == YAML_MAPPING_NODE ? take_long(reader, key->name, item)
						    : take_short(reader, key->name, item);
	return r;
}

/* --- tmpfs ----------------------------------------------------------------------------- */

static bool so_anyway(const char *word)
{
	return strcmp(word, "rw") == 0 || strcmp(word, "exec") == 0 ||
	       strcmp(word, "nosuid") == 0 || strcmp(word, "nodev") == 0;
}

/* "size=64m,mode=755" as pack takes it: ",size=64m,mode=0755". */
static int tmpfs_options(struct compose_reader *reader, const yaml_node_t *node,
			 const char *key, char *options, char *ret_text, size_t size)
{
	char *word;
	size_t used = 0;
	int r = 0;

	ret_text[0] = '\0';
	while (r == 0 && (word = strsep(&options, ","))) {
		const char *before = "";

		if (strncmp(word, "mode=", 5) == 0 && strlen(word) == 8) {
			before = "mode=0";
			word += 5;
		} else if (strncmp(word, "mode=", 5) != 0 &&
			   strncmp(word, "size=", 5) != 0 &&
			   strncmp(word, "nr_inodes=", 10) != 0) {
			if (!so_anyway(word))
				r = compose_unkept(reader, node, key,
						   "a tmpfs can't keep '%.40s'", word);
			continue;
		}
		used += (size_t)snprintf(ret_text + used, size - used, ",%s%s", before,
					 word);
		if (used >= size)
			return compose_wrong(reader, node, key, "too many options");
	}
	return r;
}

int compose_take_tmpfs(struct compose_reader *reader, const struct compose_key *key,
		       const yaml_node_t *value)
{
	const yaml_node_t *item;
	int r = 0;

	for (size_t i = 0; r == 0 && (item = compose_item(reader, value, i)); i++) {
		char options[256] = "";
		const char *text;
		char *copy, *rest;

		r = compose_text(reader, item, key->name, &text);
		if (r < 0)
			return r;
		rest = copy = strdup(text);
		if (!copy)
			return err_errno(reader->err, -ENOMEM, "%s",
					 reader->request->path);
		text = strsep(&rest, ":");
		if (rest)
			r = tmpfs_options(reader, item, key->name, rest, options,
					  sizeof(options));
		if (r == 0)
			r = compose_option(reader, item, "volume", "%s=tmpfs%s", text,
					   options);
		free(copy);
	}
	return r;
}

/* --- whose they are -------------------------------------------------------------------- */

/* The first who writes to it has it; where nobody does, the first. */
static size_t owner_of(const struct compose_reader *reader, size_t index)
{
	const char *name = reader->mounts[index].volume;
	size_t owner = index;

	if (!name)
		return index;
	for (size_t i = reader->mount_count; i-- > 0;) {
		const struct compose_mount *mount = &reader->mounts[i];

		if (mount->volume && strcmp(mount->volume, name) == 0 &&
		    (!mount->ro || reader->mounts[owner].ro))
			owner = i;
	}
	return owner;
}

static int share(struct compose_reader *reader, const struct compose_mount *owner,
		 const struct compose_mount *mount)
{
	const struct compose_service *services = reader->compose->services;
	char line[1024];
	int size = snprintf(line, sizeof(line), "%s:%s %s:%s%s",
			    services[owner->service].name, owner->path,
			    services[mount->service].name, mount->path,
			    mount->ro ? " ro" : "");

	if (size < 0 || (size_t)size >= sizeof(line))
		return compose_wrong(reader, mount->node, NULL, "too long a path");
	return source_texts_add(&reader->compose->shares, line) < 0
		       ? err_errno(reader->err, -ENOMEM, "%s", reader->request->path)
		       : 0;
}

int compose_place_volumes(struct compose_reader *reader)
{
	int r = 0;

	for (size_t i = 0; i < reader->mount_count && r == 0; i++) {
		const struct compose_mount *mount = &reader->mounts[i];
		size_t owner = owner_of(reader, i);

		reader->service = &reader->compose->services[mount->service];
		if (owner != i)
			r = share(reader, &reader->mounts[owner], mount);
		else
			r = compose_option(reader, mount->node, "volume",
					   "%s=persist%s%s", mount->path,
					   mount->ro ? ",ro" : "",
					   mount->fresh ? ",fresh" : "");
	}
	return r;
}
