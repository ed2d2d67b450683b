/* SPDX-License-Identifier: Apache-2.0 */
/* How its health is checked. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "pack/compose/parts.h"

static int take_time(struct compose_reader *reader, const struct compose_key *key,
		     const yaml_node_t *value)
{
	uint64_t seconds = 0;
	int64_t number;
	int r;

	if (strcmp(key->name, "retries") == 0) {
		r = compose_number(reader, value, key->name, &number);
		if (r == 0 && number < 0)
			return compose_wrong(reader, value, key->name, "is less than 0");
	} else {
		r = compose_seconds(reader, value, key->name, &seconds);
		number = (int64_t)seconds;
	}
	if (r == 0)
		reader->health_times[key->order] = number;
	return r;
}

static int take_test(struct compose_reader *reader, const struct compose_key *key,
		     const yaml_node_t *value)
{
	(void)key;
	reader->health_test = value;
	return 0;
}

static int take_disable(struct compose_reader *reader, const struct compose_key *key,
			const yaml_node_t *value)
{
	return compose_bool(reader, value, key->name, &reader->health_off);
}

/* In the order in which a manifest has the times. */
static const struct compose_key keys[] = {
	{ "interval", .take = take_time, .option = "interval", .order = 0 },
	{ "timeout", .take = take_time, .option = "timeout", .order = 1 },
	{ "start_period", .take = take_time, .option = "start", .order = 2 },
	{ "start_interval", .take = take_time, .option = "start-interval", .order = 3 },
	{ "retries", .take = take_time, .option = "retries", .order = 4 },
	{ "test", .take = take_test },
	{ "disable", .take = take_disable },
	{ 0 },
};

static int add_times(struct compose_reader *reader, const yaml_node_t *node)
{
	char text[200];
	struct str s;

	str_init(&s, text, sizeof(text));
	for (size_t i = 0; i < COMPOSE_HEALTH_TIMES; i++)
		if (reader->health_times[i] >= 0)
			str_addf(&s, "%s%s=%llu", s.used ? " " : "", keys[i].option,
				 (unsigned long long)reader->health_times[i]);
	return s.used ? compose_option(reader, node, "health", "%s", text) : 0;
}

/* No check; or the words, or the shell that takes one, as options. */
static int add_test(struct compose_reader *reader, const yaml_node_t *node,
		    bool *ret_none)
{
	const yaml_node_t *item = compose_item(reader, node, 0);
	const char *text = "";
	bool list = node->type == YAML_SEQUENCE_NODE;
	bool shell = !list;
	int r = item ? compose_text(reader, item, "test", &text) : 0;

	if (r < 0)
		return r;
	*ret_none = list && strcmp(text, "NONE") == 0;
	shell = shell || strcmp(text, "CMD-SHELL") == 0;
	if (*ret_none)
		return 0;
	if ((list && !shell && strcmp(text, "CMD") != 0) ||
	    (list && !compose_item(reader, node, 1)))
		return compose_wrong(
			reader, node, "test",
			"must be a text, or begin with CMD, CMD-SHELL or NONE");
	if (shell)
		r = compose_option(reader, node, "health-arg", "/bin/sh");
	if (r == 0 && shell)
		r = compose_option(reader, node, "health-arg", "-c");
	for (size_t i = list; r == 0 && (item = compose_item(reader, node, i)); i++) {
		r = compose_text(reader, item, "test", &text);
		if (r == 0)
			r = compose_option(reader, item, "health-arg", "%s", text);
	}
	return r;
}

int compose_take_health(struct compose_reader *reader, const struct compose_key *key,
			const yaml_node_t *value)
{
	bool none = false;
	int r;

	reader->health_test = NULL;
	reader->health_off = false;
	for (size_t i = 0; i < COMPOSE_HEALTH_TIMES; i++)
		reader->health_times[i] = -1;
	r = compose_take_keys(reader, value, key->name, keys);
	if (r == 0 && reader->health_test && !reader->health_off)
		r = add_test(reader, reader->health_test, &none);
	if (r < 0)
		return r;
	return none || reader->health_off
		       ? compose_option(reader, value, "health", "none")
		       : add_times(reader, value);
}
