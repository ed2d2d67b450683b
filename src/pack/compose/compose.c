/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/compose/compose.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pack/compose/parts.h"

/* What the command line says of a service, or NULL. */
static const char *said_source(const struct compose_request *request, const char *name)
{
	size_t size = strlen(name);

	for (size_t i = 0; i < request->source_count; i++)
		if (strncmp(request->sources[i], name, size) == 0 &&
		    request->sources[i][size] == '=')
			return request->sources[i] + size + 1;
	return NULL;
}

/* All the names first: a service may wait for one further down. */
static int add_services(struct compose_reader *reader, const struct compose_map *map)
{
	struct compose *compose = reader->compose;

	for (size_t i = 0; i < map->count; i++) {
		const struct compose_pair *pair = &map->pairs[i];
		struct compose_service *service = &compose->services[i];

		if (i == MANIFEST_MAX_MEMBERS)
			return compose_wrong(reader, pair->key_node, pair->key,
					     "a set has at most %d members",
					     MANIFEST_MAX_MEMBERS);
		if (!manifest_name_valid(pair->key))
			return compose_wrong(reader, pair->key_node, pair->key,
					     "a member's name has at most %d of a-z, "
					     "0-9, ., _ and -",
					     MANIFEST_NAME_SIZE - 1);
		compose->service_count++;
		if (source_set(&service->name, pair->key) < 0 ||
		    source_set(&service->source,
			       said_source(reader->request, pair->key)) < 0)
			return err_errno(reader->err, -ENOMEM, "%s",
					 reader->request->path);
	}
	return 0;
}

static int check_sources(struct compose_reader *reader)
{
	const struct compose_request *request = reader->request;
	const struct compose *compose = reader->compose;

	for (size_t i = 0; i < request->source_count; i++) {
		const char *text = request->sources[i];
		size_t size = strcspn(text, "="), at = 0;

		while (at < compose->service_count &&
		       (strlen(compose->services[at].name) != size ||
			strncmp(compose->services[at].name, text, size) != 0))
			at++;
		if (!text[size] || at == compose->service_count)
			return err_set(
				reader->err, -EINVAL,
				"'%.100s' is not SERVICE=SOURCE of a service in %s", text,
				request->path);
	}
	return 0;
}

static int take_services(struct compose_reader *reader, const struct compose_key *key,
			 const yaml_node_t *value)
{
	__compose_map struct compose_map map = { 0 };
	size_t before;
	int r = compose_map_read(reader, value, key->name, &map);

	if (r == 0)
		r = compose_enter(reader, value, key->name, &before);
	if (r < 0)
		return r;
	r = add_services(reader, &map);
	if (r == 0)
		r = check_sources(reader);
	for (size_t i = 0; i < map.count && r == 0; i++) {
		reader->service = &reader->compose->services[i];
		reader->overridden = reader->service->source;
		r = compose_service(reader, map.pairs[i].value);
	}
	compose_leave(reader, before);
	return r;
}

static int take_name(struct compose_reader *reader, const struct compose_key *key,
		     const yaml_node_t *value)
{
	const char *text;
	int r = compose_text(reader, value, key->name, &text);

	return r < 0 ? r : source_set(&reader->compose->name, text);
}

/* What a volume has without saying so; another driver's is not the device's to keep. */
static int take_driver(struct compose_reader *reader, const struct compose_key *key,
		       const yaml_node_t *value)
{
	const char *text;
	int r = compose_text(reader, value, key->name, &text);

	if (r < 0 || strcmp(text, "local") == 0)
		return r;
	return compose_unkept(reader, value, key->name, "a device has no driver %.40s",
			      text);
}

/* A volume that is more than its name is somebody else's to keep. */
static int take_volumes(struct compose_reader *reader, const struct compose_key *key,
			const yaml_node_t *value)
{
	static const struct compose_key volume_keys[] = {
		{ "driver", .take = take_driver },
		{ 0 },
	};
	__compose_map struct compose_map map = { 0 };
	size_t before;
	int r = compose_map_read(reader, value, key->name, &map);

	if (r == 0)
		r = compose_enter(reader, value, key->name, &before);
	if (r < 0)
		return r;
	for (size_t i = 0; i < map.count && r == 0; i++)
		if (!compose_is_null(map.pairs[i].value))
			r = compose_take_keys(reader, map.pairs[i].value,
					      map.pairs[i].key, volume_keys);
	compose_leave(reader, before);
	return r;
}

static const struct compose_key keys[] = {
	{ "name", .take = take_name },
	{ "services", .take = take_services },
	{ "version", .take = compose_take_nothing }, /* of a format long gone */
	{ "volumes", .take = take_volumes },
	{ 0 },
};

/* What is needed before the keys are taken: the names of volumes, and that it is such a file. */
static int look_over(struct compose_reader *reader, const yaml_node_t *root)
{
	__compose_map struct compose_map map = { 0 };
	bool services = false;
	int r = compose_map_read(reader, root, NULL, &map);

	for (size_t i = 0; i < map.count && r == 0; i++) {
		services = services || strcmp(map.pairs[i].key, "services") == 0;
		if (strcmp(map.pairs[i].key, "volumes") == 0)
			reader->volumes = map.pairs[i].value;
	}
	return r < 0 || services
		       ? r
		       : compose_wrong(reader, root, NULL,
				       "there are no services, which a Compose file has "
				       "below `services`");
}

static int read_all(struct compose_reader *reader)
{
	const yaml_node_t *root;
	int r = compose_load(reader);

	if (r < 0)
		return r;
	root = yaml_document_get_root_node(&reader->document);
	if (!root)
		return compose_wrong(reader, NULL, NULL, "there are no services");
	r = look_over(reader, root);
	if (r == 0)
		r = compose_take_keys(reader, root, NULL, keys);
	if (r == 0 && reader->compose->service_count == 0)
		r = compose_wrong(reader, root, NULL, "there are no services");
	if (r == 0)
		r = compose_place_volumes(reader);
	if (r == 0)
		r = compose_all_kept(reader);
	return r;
}

int compose_read(const struct compose_request *request, struct compose *compose,
		 struct err *err)
{
	static struct compose_reader reader;
	int r;

	reader = (struct compose_reader){ .request = request,
					  .compose = compose,
					  .err = err };
	r = read_all(&reader);
	for (size_t i = 0; i < reader.mount_count; i++) {
		free(reader.mounts[i].volume);
		free(reader.mounts[i].path);
	}
	if (reader.loaded)
		yaml_document_delete(&reader.document);
	return r == -ENOMEM ? err_errno(err, r, "%s", request->path) : r;
}

void compose_done(struct compose *compose)
{
	for (size_t i = 0; i < compose->service_count; i++) {
		free(compose->services[i].name);
		free(compose->services[i].source);
		source_texts_done(&compose->services[i].options);
		source_texts_done(&compose->services[i].ports);
	}
	free(compose->name);
	source_texts_done(&compose->needs);
	source_texts_done(&compose->shares);
}
