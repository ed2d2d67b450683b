/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/compose/options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int compose_enter(struct compose_reader *reader, const yaml_node_t *node, const char *key,
		  size_t *ret_before)
{
	size_t before = strlen(reader->where);

	if (before + strlen(key) + 2 > sizeof(reader->where))
		return compose_wrong(reader, node, NULL, "'%.40s...' is too long a key",
				     key);
	(void)snprintf(reader->where + before, sizeof(reader->where) - before, "%s.",
		       key);
	*ret_before = before;
	return 0;
}

void compose_leave(struct compose_reader *reader, size_t before)
{
	reader->where[before] = '\0';
}

static int take_key(struct compose_reader *reader, const struct compose_pair *pair,
		    const struct compose_key *keys)
{
	for (; keys->name; keys++) {
		if (strcmp(keys->name, pair->key) != 0)
			continue;
		return compose_is_null(pair->value)
			       ? 0
			       : keys->take(reader, keys, pair->value);
	}
	if (strncmp(pair->key, "x-", 2) == 0)
		return 0;
	return compose_unkept(reader, pair->key_node, pair->key,
			      "a device can't keep it");
}

int compose_take_keys(struct compose_reader *reader, const yaml_node_t *node,
		      const char *key, const struct compose_key *keys)
{
	__compose_map struct compose_map map = { 0 };
	size_t before = strlen(reader->where);
	int r = compose_map_read(reader, node, key, &map);

	if (r == 0 && key)
		r = compose_enter(reader, node, key, &before);
	for (size_t i = 0; i < map.count && r == 0; i++)
		r = take_key(reader, &map.pairs[i], keys);
	compose_leave(reader, before);
	return r;
}

int compose_option(struct compose_reader *reader, const yaml_node_t *node,
		   const char *option, const char *fmt, ...)
{
	char *value = NULL, *text = NULL;
	va_list args;
	int r;

	va_start(args, fmt);
	r = vasprintf(&value, fmt, args);
	va_end(args);
	if (r < 0)
		return err_errno(reader->err, -ENOMEM, "%s", reader->request->path);
	reader->option_bytes += (size_t)r + 16;
	if (reader->option_bytes > COMPOSE_MAX_OPTION_BYTES)
		r = compose_wrong(reader, node, NULL, "the services say more than 1 MiB");
	else if (asprintf(&text, "--%s=%s", option, value) < 0)
		r = -ENOMEM;
	else
		r = source_texts_add(&reader->service->options, text);
	free(value);
	free(text);
	return r == -ENOMEM ? err_errno(reader->err, r, "%s", reader->request->path) : r;
}

int compose_take_text(struct compose_reader *reader, const struct compose_key *key,
		      const yaml_node_t *value)
{
	const char *text;
	int r = compose_text(reader, value, key->name, &text);

	return r < 0 ? r : compose_option(reader, value, key->option, "%s", text);
}

int compose_take_list(struct compose_reader *reader, const struct compose_key *key,
		      const yaml_node_t *value)
{
	const yaml_node_t *item;
	int r = 0;

	for (size_t i = 0; r == 0 && (item = compose_item(reader, value, i)); i++)
		r = compose_take_text(reader, key, item);
	return r;
}

int compose_take_bool(struct compose_reader *reader, const struct compose_key *key,
		      const yaml_node_t *value)
{
	bool yes;
	int r = compose_bool(reader, value, key->name, &yes);

	if (r < 0)
		return r;
	return compose_option(reader, value, key->option, "%s", yes ? "yes" : "no");
}

int compose_bytes(struct compose_reader *reader, const yaml_node_t *node, const char *key,
		  char ret_text[COMPOSE_SIZE_TEXT])
{
	const char *text;
	int64_t number;
	int r = compose_scalar(reader, node, key, &text);

	if (r < 0 || compose_size(text, ret_text) == 0)
		return r;
	/* only a number has other spellings without quotes */
	if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE ||
	    compose_integer(text, true, &number) < 0 || number < 0)
		return compose_wrong(reader, node, key, "'%.40s' is no size such as 64m",
				     text);
	(void)snprintf(ret_text, COMPOSE_SIZE_TEXT, "%lld", (long long)number);
	return 0;
}

int compose_take_size(struct compose_reader *reader, const struct compose_key *key,
		      const yaml_node_t *value)
{
	char size[COMPOSE_SIZE_TEXT];
	int r = compose_bytes(reader, value, key->name, size);

	return r < 0 ? r : compose_option(reader, value, key->option, "%s", size);
}

int compose_seconds(struct compose_reader *reader, const yaml_node_t *node,
		    const char *key, uint64_t *ret_seconds)
{
	const char *text;
	int r = compose_scalar(reader, node, key, &text);

	if (r < 0)
		return r;
	r = compose_duration(text, ret_seconds);
	if (r == -ERANGE)
		return compose_rounded(reader, node, key, "'%.40s' is not whole seconds",
				       text);
	return r < 0 ? compose_wrong(reader, node, key,
				     "'%.40s' is no duration such as 1m30s", text)
		     : 0;
}

int compose_take_seconds(struct compose_reader *reader, const struct compose_key *key,
			 const yaml_node_t *value)
{
	uint64_t seconds;
	int r = compose_seconds(reader, value, key->name, &seconds);

	return r < 0 ? r
		     : compose_option(reader, value, key->option, "%llu",
				      (unsigned long long)seconds);
}

int compose_take_nothing(struct compose_reader *reader, const struct compose_key *key,
			 const yaml_node_t *value)
{
	(void)reader, (void)key, (void)value;
	return 0;
}
