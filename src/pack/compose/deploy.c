/* SPDX-License-Identifier: Apache-2.0 */
/* Limits as they are said to a cluster, and what else of an engine's host has a line here. */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "pack/compose/parts.h"

static const struct compose_key limit_keys[] = {
	{ "cpus", .take = compose_take_cpus },
	{ "memory", .take = compose_take_size, .option = "memory" },
	{ "pids", .take = compose_take_pids },
	{ 0 },
};

static int take_limits(struct compose_reader *reader, const struct compose_key *key,
		       const yaml_node_t *value)
{
	return compose_take_keys(reader, value, key->name, limit_keys);
}

static const struct compose_key resource_keys[] = {
	{ "limits", .take = take_limits },
	{ 0 },
};

static int take_resources(struct compose_reader *reader, const struct compose_key *key,
			  const yaml_node_t *value)
{
	return compose_take_keys(reader, value, key->name, resource_keys);
}

static int take_replicas(struct compose_reader *reader, const struct compose_key *key,
			 const yaml_node_t *value)
{
	int64_t number;
	int r = compose_number(reader, value, key->name, &number);

	if (r < 0 || number == 1)
		return r;
	return compose_unkept(reader, value, key->name, "a device has one of each");
}

static const struct compose_key deploy_keys[] = {
	{ "replicas", .take = take_replicas },
	{ "resources", .take = take_resources },
	{ 0 },
};

int compose_take_deploy(struct compose_reader *reader, const struct compose_key *key,
			const yaml_node_t *value)
{
	return compose_take_keys(reader, value, key->name, deploy_keys);
}

/* A program may raise its limit to the hard one by itself. */
static int take_nofile(struct compose_reader *reader, const struct compose_key *key,
		       const yaml_node_t *value)
{
	__compose_map struct compose_map map = { 0 };
	const yaml_node_t *hard = value;
	int64_t number;
	int r = 0;

	if (value->type == YAML_MAPPING_NODE)
		r = compose_map_read(reader, value, key->name, &map);
	for (size_t i = 0; i < map.count; i++)
		if (strcmp(map.pairs[i].key, "hard") == 0)
			hard = map.pairs[i].value;
	if (r == 0)
		r = compose_number(reader, hard, key->name, &number);
	return r < 0 ? r
		     : compose_option(reader, hard, "nofile", "%lld", (long long)number);
}

static const struct compose_key ulimit_keys[] = {
	{ "nofile", .take = take_nofile },
	{ 0 },
};

int compose_take_ulimits(struct compose_reader *reader, const struct compose_key *key,
			 const yaml_node_t *value)
{
	return compose_take_keys(reader, value, key->name, ulimit_keys);
}

/* "NAME", "NAME:VALUE" and "NAME=VALUE" are spelled by engines of all times. */
static int take_one_security(struct compose_reader *reader, const char *key,
			     const yaml_node_t *node)
{
	static const char privileges[] = "no-new-privileges";
	size_t size = sizeof(privileges) - 1;
	const char *text, *value;
	int r = compose_text(reader, node, key, &text);

	if (r < 0)
		return r;
	value = text + strcspn(text, ":=");
	if ((size_t)(value - text) == size && strncmp(text, privileges, size) == 0) {
		if (!*value || strcmp(value + 1, "true") == 0)
			return compose_option(reader, node, "new-privileges", "no");
		if (strcmp(value + 1, "false") == 0)
			return 0;
	}
	if (value - text == 7 && strncmp(text, "seccomp", 7) == 0 && *value &&
	    strcmp(value + 1, "unconfined") == 0)
		return compose_option(reader, node, "seccomp", "none");
	return compose_unkept(reader, node, key, "a device can't keep '%.60s'", text);
}

int compose_take_security(struct compose_reader *reader, const struct compose_key *key,
			  const yaml_node_t *value)
{
	const yaml_node_t *item;
	int r = 0;

	for (size_t i = 0; r == 0 && (item = compose_item(reader, value, i)); i++)
		r = take_one_security(reader, key->name, item);
	return r;
}
