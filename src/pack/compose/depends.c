/* SPDX-License-Identifier: Apache-2.0 */
/* Who waits for whom. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pack/compose/parts.h"

static int add_need(struct compose_reader *reader, const yaml_node_t *node,
		    const char *key, const char *other, const char *how)
{
	struct compose *compose = reader->compose;
	char line[2 * MANIFEST_NAME_SIZE + 16];
	size_t i = 0;

	while (i < compose->service_count &&
	       strcmp(compose->services[i].name, other) != 0)
		i++;
	if (i == compose->service_count && reader->needless)
		return compose_unkept(reader, node, key, "there is no service %.60s",
				      other);
	if (i == compose->service_count)
		return compose_wrong(reader, node, key, "there is no service %.60s",
				     other);
	if (compose->needs.count == MANIFEST_MAX_NEEDS)
		return compose_wrong(reader, node, key, "more than %d in all",
				     MANIFEST_MAX_NEEDS);
	(void)snprintf(line, sizeof(line), "%s %s%s", reader->service->name, other, how);
	return source_texts_add(&compose->needs, line);
}

static int take_condition(struct compose_reader *reader, const struct compose_key *key,
			  const yaml_node_t *value)
{
	static const char *const how[][2] = {
		{ "service_started", "" },
		{ "service_healthy", " healthy" },
		{ "service_completed_successfully", " done" },
	};
	const char *text;
	int r = compose_text(reader, value, key->name, &text);

	if (r < 0)
		return r;
	for (size_t i = 0; i < sizeof(how) / sizeof(how[0]); i++) {
		if (strcmp(how[i][0], text) == 0) {
			reader->condition = how[i][1];
			return 0;
		}
	}
	return compose_wrong(reader, value, key->name, "there is no condition %.40s",
			     text);
}

static int take_required(struct compose_reader *reader, const struct compose_key *key,
			 const yaml_node_t *value)
{
	bool yes;
	int r = compose_bool(reader, value, key->name, &yes);

	reader->needless = r == 0 && !yes;
	return r;
}

/* Who depends on what was started again stays as it is. */
static int take_restart(struct compose_reader *reader, const struct compose_key *key,
			const yaml_node_t *value)
{
	bool yes;
	int r = compose_bool(reader, value, key->name, &yes);

	if (r < 0 || !yes)
		return r;
	return compose_unkept(reader, value, key->name, "a device can't keep `true`");
}

static const struct compose_key keys[] = {
	{ "condition", .take = take_condition },
	{ "required", .take = take_required },
	{ "restart", .take = take_restart },
	{ 0 },
};

static int take_long(struct compose_reader *reader, const char *key,
		     const struct compose_pair *pair)
{
	size_t before;
	int r = compose_enter(reader, pair->key_node, key, &before);

	reader->condition = "";
	reader->needless = false;
	if (r == 0 && !compose_is_null(pair->value))
		r = compose_take_keys(reader, pair->value, pair->key, keys);
	if (r == 0)
		compose_leave(reader, before);
	return r < 0 ? r
		     : add_need(reader, pair->key_node, key, pair->key,
				reader->condition);
}

int compose_take_depends_on(struct compose_reader *reader, const struct compose_key *key,
			    const yaml_node_t *value)
{
	__compose_map struct compose_map map = { 0 };
	const yaml_node_t *item;
	const char *text;
	int r = 0;

	if (value->type == YAML_MAPPING_NODE) {
		r = compose_map_read(reader, value, key->name, &map);
		for (size_t i = 0; i < map.count && r == 0; i++)
			r = take_long(reader, key->name, &map.pairs[i]);
		return r;
	}
	reader->needless = false;
	for (size_t i = 0; r == 0 && (item = compose_item(reader, value, i)); i++) {
		r = compose_text(reader, item, key->name, &text);
		if (r == 0)
			r = add_need(reader, item, key->name, text, "");
	}
	return r;
}
