/* SPDX-License-Identifier: Apache-2.0 */
/* Ports: members have the machine's network, so each is what the program listens at. */
#include <stdio.h>
#include <string.h>

#include "pack/compose/parts.h"
#include "pack/compose/values.h"

static int add_port(struct compose_reader *reader, const yaml_node_t *node,
		    const char *key, const char *text, size_t size, const char *protocol)
{
	unsigned int first, last;
	char port[32];

	if (strcmp(protocol, "udp") != 0 && strcmp(protocol, "tcp") != 0)
		return compose_unkept(reader, node, key, "'%.40s' is neither tcp nor udp",
				      protocol);
	if (compose_ports(text, size, &first, &last) < 0)
		return compose_wrong(reader, node, key, "'%.*s' is no port", (int)size,
				     text);
	if (reader->port_count++ == COMPOSE_MAX_PORTS)
		return compose_wrong(reader, node, key, "more than %d ports",
				     COMPOSE_MAX_PORTS);
	(void)snprintf(port, sizeof(port), "%u-%u/%s", first, last, protocol);
	return source_texts_add(&reader->service->ports, port);
}

static int changes(struct compose_reader *reader, const yaml_node_t *node,
		   const char *key, const char *text)
{
	return compose_unkept(
		reader, node, key,
		"'%.60s': members have the machine's network, where no number "
		"changes: have the program listen at it",
		text);
}

/* [[ADDRESS:]PUBLISHED:]TARGET[/PROTOCOL] */
static int take_short(struct compose_reader *reader, const char *key,
		      const yaml_node_t *node, bool published)
{
	const char *text, *protocol, *colon, *target;
	size_t size;
	int r = compose_text(reader, node, key, &text);

	if (r < 0)
		return r;
	size = strcspn(text, "/");
	protocol = text[size] ? text + size + 1 : "tcp";
	colon = memrchr(text, ':', size);
	target = colon ? colon + 1 : text;
	size -= (size_t)(target - text);
	if (colon) {
		const char *before = memrchr(text, ':', (size_t)(colon - text));
		const char *from = before ? before + 1 : text;

		if (!published)
			return compose_wrong(reader, node, key, "'%.60s' is no port",
					     text);
		if (before)
			return compose_unkept(reader, node, key,
					      "'%.60s': the program itself says at which "
					      "address it listens",
					      text);
		if (colon > from &&
		    ((size_t)(colon - from) != size || strncmp(from, target, size) != 0))
			return changes(reader, node, key, text);
	}
	return add_port(reader, node, key, target, size, protocol);
}

/* target, published, protocol, and what says nothing here. */
static int take_long(struct compose_reader *reader, const char *key,
		     const yaml_node_t *node)
{
	__compose_map struct compose_map map = { 0 };
	const char *target = NULL, *published = NULL, *protocol = "tcp";
	int r = compose_map_read(reader, node, key, &map);

	for (size_t i = 0; i < map.count && r == 0; i++) {
		const struct compose_pair *pair = &map.pairs[i];
		const char *text = NULL;

		r = compose_text(reader, pair->value, key, &text);
		if (strcmp(pair->key, "target") == 0)
			target = text;
		else if (strcmp(pair->key, "published") == 0)
			published = text;
		else if (strcmp(pair->key, "protocol") == 0)
			protocol = text;
		else if (r == 0 && strcmp(pair->key, "mode") != 0 &&
			 strcmp(pair->key, "name") != 0)
			r = compose_unkept(reader, pair->key_node, key,
					   "a device can't keep its %.40s", pair->key);
	}
	if (r < 0)
		return r;
	if (!target)
		return compose_wrong(reader, node, key, "has no target");
	if (published && strcmp(published, target) != 0)
		return changes(reader, node, key, published);
	return add_port(reader, node, key, target, strlen(target), protocol);
}

static int take(struct compose_reader *reader, const struct compose_key *key,
		const yaml_node_t *value, bool published)
{
	const yaml_node_t *item;
	int r = 0;

	for (size_t i = 0; r == 0 && (item = compose_item(reader, value, i)); i++)
		r = published && item->type == YAML_MAPPING_NODE
			    ? take_long(reader, key->name, item)
			    : take_short(reader, key->name, item, published);
	return r;
}

int compose_take_published(struct compose_reader *reader, const struct compose_key *key,
			   const yaml_node_t *value)
{
	return take(reader, key, value, true);
}

int compose_take_exposed(struct compose_reader *reader, const struct compose_key *key,
			 const yaml_node_t *value)
{
	return take(reader, key, value, false);
}
