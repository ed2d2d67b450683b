/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/compose/nodes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pack/compose/values.h"
#include "pack/image/input.h"

/* --- loading --------------------------------------------------------------------------- */

static int parser_error(struct compose_reader *reader, const yaml_parser_t *parser)
{
	if (parser->error == YAML_MEMORY_ERROR)
		return err_errno(reader->err, -ENOMEM, "%s", reader->request->path);
	if (parser->error == YAML_READER_ERROR)
		return err_set(reader->err, -EINVAL, "%s: byte %zu: no UTF-8 text: %s",
			       reader->request->path, parser->problem_offset,
			       parser->problem ? parser->problem : "");
	return err_set(reader->err, -EINVAL, "%s:%zu: no YAML: %s", reader->request->path,
		       parser->problem_mark.line + 1,
		       parser->problem ? parser->problem : "it can't be read");
}

/* How an event changes the depth. */
static int step_of(yaml_event_type_t type)
{
	if (type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT)
		return 1;
	return type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT ? -1 : 0;
}

/* Before nodes are made of it: how deep it is, and that it is one document. */
static int look_through(struct compose_reader *reader, const char *bytes, size_t size)
{
	yaml_parser_t parser;
	yaml_event_t event;
	int depth = 0, documents = 0, r = 0;
	bool end = false;

	if (!yaml_parser_initialize(&parser))
		return err_errno(reader->err, -ENOMEM, "%s", reader->request->path);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, size);
	while (r == 0 && !end) {
		if (!yaml_parser_parse(&parser, &event)) {
			r = parser_error(reader, &parser);
			break;
		}
		depth += step_of(event.type);
		end = event.type == YAML_STREAM_END_EVENT;
		documents += event.type == YAML_DOCUMENT_START_EVENT;
		if (depth > COMPOSE_MAX_DEPTH)
			r = err_set(reader->err, -EINVAL,
				    "%s:%zu: more than %d levels deep",
				    reader->request->path, event.start_mark.line + 1,
				    COMPOSE_MAX_DEPTH);
		else if (documents > 1)
			r = err_set(reader->err, -EINVAL, "%s:%zu: a second document",
				    reader->request->path, event.start_mark.line + 1);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return r;
}

static int parse(struct compose_reader *reader, const char *bytes, size_t size)
{
	yaml_parser_t parser;
	int r = 0;

	if (!yaml_parser_initialize(&parser))
		return err_errno(reader->err, -ENOMEM, "%s", reader->request->path);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, size);
	if (yaml_parser_load(&parser, &reader->document))
		reader->loaded = true;
	else
		r = parser_error(reader, &parser);
	yaml_parser_delete(&parser);
	return r;
}

/* "$$" becomes "$"; a variable would make one file two sets. */
static int check_text(struct compose_reader *reader, yaml_node_t *node)
{
	char *text = (char *)node->data.scalar.value, *to = text;

	if (strlen(text) != node->data.scalar.length)
		return compose_wrong(reader, node, NULL, "a NUL in a text");
	for (const char *at = text; *at; at++) {
		if (*at == '$' && *++at != '$')
			return compose_wrong(
				reader, node, NULL,
				"'%.60s': variables are not filled in: `docker compose "
				"config` does that, and $$ is a $",
				text);
		*to++ = *at;
	}
	*to = '\0';
	node->data.scalar.length = (size_t)(to - text);
	return 0;
}

static int check_mapping(struct compose_reader *reader, const yaml_node_t *node)
{
	const yaml_node_pair_t *first = node->data.mapping.pairs.start;
	const yaml_node_pair_t *end = node->data.mapping.pairs.top;

	if (end - first > COMPOSE_MAX_PAIRS)
		return compose_wrong(reader, node, NULL, "more than %d keys at one place",
				     COMPOSE_MAX_PAIRS);
	for (const yaml_node_pair_t *a = first; a < end; a++) {
		const yaml_node_t *key =
			yaml_document_get_node(&reader->document, a->key);

		if (key->type != YAML_SCALAR_NODE)
			return compose_wrong(reader, key, NULL, "a key that is no text");
		for (const yaml_node_pair_t *b = first; b < a; b++) {
			const yaml_node_t *other =
				yaml_document_get_node(&reader->document, b->key);

			if (strcmp((char *)key->data.scalar.value,
				   (char *)other->data.scalar.value) == 0)
				return compose_wrong(reader, key, NULL,
						     "'%.60s' is there twice",
						     (char *)key->data.scalar.value);
		}
	}
	return 0;
}

static bool known_tag(const char *tag)
{
	static const char *const tags[] = { "str",  "seq",   "map", "int",
					    "bool", "float", "null" };
	static const char prefix[] = "tag:yaml.org,2002:";

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (strncmp(tag, prefix, sizeof(prefix) - 1) == 0 &&
		    strcmp(tag + sizeof(prefix) - 1, tags[i]) == 0)
			return true;
	return false;
}

/* All texts before the mappings, whose keys are among them. */
static int check_nodes(struct compose_reader *reader)
{
	yaml_node_t *first = reader->document.nodes.start,
		    *end = reader->document.nodes.top;
	int r = 0;

	for (yaml_node_t *node = first; node < end && r == 0; node++) {
		if (!known_tag((const char *)node->tag))
			r = compose_wrong(reader, node, NULL,
					  "the tag %.60s is not known",
					  (const char *)node->tag);
		else if (node->type == YAML_SCALAR_NODE)
			r = check_text(reader, node);
	}
	for (yaml_node_t *node = first; node < end && r == 0; node++)
		if (node->type == YAML_MAPPING_NODE)
			r = check_mapping(reader, node);
	return r;
}

int compose_load(struct compose_reader *reader)
{
	char *bytes = malloc(COMPOSE_MAX_SIZE);
	int r, size;

	if (!bytes)
		return err_errno(reader->err, -ENOMEM, "%s", reader->request->path);
	r = size =
		input_read(reader->request->path, bytes, COMPOSE_MAX_SIZE, reader->err);
	if (r >= 0)
		r = look_through(reader, bytes, (size_t)size);
	if (r == 0)
		r = parse(reader, bytes, (size_t)size);
	free(bytes);
	return r == 0 ? check_nodes(reader) : r;
}

/* --- asking ---------------------------------------------------------------------------- */

/* Without quotes, and so perhaps no text. */
static bool is_plain(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE &&
	       node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

bool compose_is_null(const yaml_node_t *node)
{
	const char *text = (const char *)node->data.scalar.value;

	return is_plain(node) &&
	       (!*text || strcmp(text, "~") == 0 || strcmp(text, "null") == 0 ||
		strcmp(text, "Null") == 0 || strcmp(text, "NULL") == 0);
}

int compose_scalar(struct compose_reader *reader, const yaml_node_t *node,
		   const char *key, const char **ret_text)
{
	if (node->type != YAML_SCALAR_NODE || compose_is_null(node)) {
		(void)compose_wrong(reader, node, key, "must be a text");
		return -EINVAL;
	}
	*ret_text = (const char *)node->data.scalar.value;
	return 0;
}

int compose_text(struct compose_reader *reader, const yaml_node_t *node, const char *key,
		 const char **ret_text)
{
	int r = compose_scalar(reader, node, key, ret_text);

	if (r == 0 && is_plain(node) && compose_is_respelled(*ret_text))
		return compose_wrong(
			reader, node, key,
			"'%.40s' is no text without quotes, and Compose would "
			"write it otherwise: quote it",
			*ret_text);
	return r;
}

int compose_number(struct compose_reader *reader, const yaml_node_t *node,
		   const char *key, int64_t *ret_value)
{
	const char *text;
	int r = compose_scalar(reader, node, key, &text);

	if (r == 0 && compose_integer(text, is_plain(node), ret_value) < 0)
		return compose_wrong(reader, node, key, "'%.40s' is no number", text);
	return r;
}

int compose_bool(struct compose_reader *reader, const yaml_node_t *node, const char *key,
		 bool *ret_value)
{
	static const char *const words[] = { "false", "true", "no", "yes",
					     "off",   "on",   "n",  "y" };
	const char *text;
	int r = compose_scalar(reader, node, key, &text);

	if (r < 0)
		return r;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		*ret_value = i % 2;
		if (strcasecmp(text, words[i]) == 0)
			return 0;
	}
	return compose_wrong(reader, node, key, "must be true or false");
}

void compose_map_done(struct compose_map *map)
{
	free(map->pairs);
}

const yaml_node_t *compose_item(struct compose_reader *reader, const yaml_node_t *node,
				size_t index)
{
	const yaml_node_item_t *item;

	if (node->type != YAML_SEQUENCE_NODE)
		return index == 0 ? node : NULL;
	item = node->data.sequence.items.start + index;
	return item < node->data.sequence.items.top
		       ? yaml_document_get_node(&reader->document, *item)
		       : NULL;
}

static bool has_key(const struct compose_map *map, const char *key)
{
	for (size_t i = 0; i < map->count; i++)
		if (strcmp(map->pairs[i].key, key) == 0)
			return true;
	return false;
}

static int add_pairs(struct compose_reader *reader, const yaml_node_t *node,
		     const char *key, struct compose_map *map, int depth);

/* What is merged earlier counts, as the mapping's own keys do before all of it. */
static int add_merged(struct compose_reader *reader, const yaml_node_t *value,
		      const char *key, struct compose_map *map, int depth)
{
	const yaml_node_t *node;
	int r = 0;

	for (size_t i = 0; r == 0 && (node = compose_item(reader, value, i)); i++)
		r = add_pairs(reader, node, key, map, depth + 1);
	return r;
}

static int add_pairs(struct compose_reader *reader, const yaml_node_t *node,
		     const char *key, struct compose_map *map, int depth)
{
	const yaml_node_t *merged = NULL;

	if (node->type != YAML_MAPPING_NODE)
		return compose_wrong(reader, node, key, "must be a mapping");
	/* merges of merges may name each other, and many times */
	if (depth > 4 || map->mappings++ > 64)
		return compose_wrong(reader, node, key, "too many merges");
	for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *name =
			yaml_document_get_node(&reader->document, pair->key);
		const yaml_node_t *value =
			yaml_document_get_node(&reader->document, pair->value);
		const char *text = (const char *)name->data.scalar.value;

		if (strcmp(text, "<<") == 0) {
			merged = value;
		} else if (!has_key(map, text)) {
			if (map->count == COMPOSE_MAX_PAIRS)
				return compose_wrong(reader, node, key,
						     "more than %d keys",
						     COMPOSE_MAX_PAIRS);
			map->pairs[map->count++] =
				(struct compose_pair){ text, name, value };
		}
	}
	return merged ? add_merged(reader, merged, key, map, depth) : 0;
}

int compose_map_read(struct compose_reader *reader, const yaml_node_t *node,
		     const char *key, struct compose_map *ret_map)
{
	ret_map->pairs = calloc(COMPOSE_MAX_PAIRS, sizeof(*ret_map->pairs));
	if (!ret_map->pairs)
		return err_errno(reader->err, -ENOMEM, "%s", reader->request->path);
	return add_pairs(reader, node, key, ret_map, 0);
}
