/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pack/compose/parts.h"
#include "pack/compose/values.h"

/* --- what it runs ---------------------------------------------------------------------- */

static int take_image(struct compose_reader *reader, const struct compose_key *key,
		      const yaml_node_t *value)
{
	const char *text;
	int r = compose_text(reader, value, key->name, &text);

	if (r < 0 || reader->overridden)
		return r;
	if (!*text || asprintf(&reader->service->source, "%s%s",
			       source_has_transport(text) ? "" : "docker://", text) < 0)
		return compose_wrong(reader, value, key->name, "names no image");
	return 0;
}

static int take_build(struct compose_reader *reader, const struct compose_key *key,
		      const yaml_node_t *value)
{
	if (reader->overridden)
		return 0;
	return compose_unkept(reader, value, key->name,
			      "nothing is built here: build it, and say %s=SOURCE",
			      reader->service->name);
}

/* A list's items, or a text's words. */
static int read_words(struct compose_reader *reader, const yaml_node_t *node,
		      const char *key, struct source_texts *words)
{
	const yaml_node_t *item;
	const char *text;
	int r = 0;

	if (node->type == YAML_SCALAR_NODE) {
		r = compose_text(reader, node, key, &text);
		if (r == 0)
			r = compose_words(text, words);
		if (r == -EINVAL && !reader->err->text[0])
			return compose_wrong(reader, node, key, "a quote has no end");
		return r;
	}
	for (size_t i = 0; r == 0 && (item = compose_item(reader, node, i)); i++) {
		if (i == MANIFEST_MAX_ARGS)
			return compose_wrong(reader, node, key, "more than %d words",
					     MANIFEST_MAX_ARGS);
		r = compose_text(reader, item, key, &text);
		if (r == 0)
			r = source_texts_add(words, text);
	}
	return r;
}

static int take_words(struct compose_reader *reader, const struct compose_key *key,
		      const yaml_node_t *value)
{
	struct source_texts words = { 0 };
	int r = read_words(reader, value, key->name, &words);

	if (r == 0 && words.count == 0)
		r = compose_unkept(
			reader, value, key->name,
			"is empty: say all words as the other one of command and "
			"entrypoint");
	for (size_t i = 0; i < words.count && r == 0; i++)
		r = compose_option(reader, value, key->option, "%s", words.items[i]);
	source_texts_done(&words);
	return r;
}

static int no_value(struct compose_reader *reader, const yaml_node_t *node,
		    const char *key, const char *name)
{
	return compose_wrong(reader, node, key,
			     "%.60s has no value, and none is taken from here", name);
}

static int take_environment(struct compose_reader *reader, const struct compose_key *key,
			    const yaml_node_t *value)
{
	__compose_map struct compose_map map = { 0 };
	const yaml_node_t *item;
	const char *text;
	int r = 0;

	if (value->type == YAML_MAPPING_NODE)
		r = compose_map_read(reader, value, key->name, &map);
	for (size_t i = 0; i < map.count && r == 0; i++) {
		const struct compose_pair *pair = &map.pairs[i];

		if (compose_is_null(pair->value))
			return no_value(reader, pair->key_node, key->name, pair->key);
		r = compose_text(reader, pair->value, key->name, &text);
		if (r == 0)
			r = compose_option(reader, pair->value, "env", "%s=%s", pair->key,
					   text);
	}
	if (value->type == YAML_MAPPING_NODE)
		return r;
	for (size_t i = 0; r == 0 && (item = compose_item(reader, value, i)); i++) {
		r = compose_text(reader, item, key->name, &text);
		if (r == 0 && !strchr(text, '='))
			return no_value(reader, item, key->name, text);
		if (r == 0)
			r = compose_option(reader, item, "env", "%s", text);
	}
	return r;
}

/* What the file's author keeps elsewhere, and the engine's own tool puts in. */
static int take_elsewhere(struct compose_reader *reader, const struct compose_key *key,
			  const yaml_node_t *value)
{
	return compose_unkept(
		reader, value, key->name,
		"only this file is read: `docker compose config` puts it in");
}

/* --- all of it ------------------------------------------------------------------------- */

static const struct compose_key keys[] = {
	{ "build", .take = take_build },
	{ "cap_add", .take = compose_take_list, .option = "cap-add" },
	{ "cap_drop", .take = compose_take_list, .option = "cap-drop" },
	{ "command", .take = take_words, .option = "cmd" },
	{ "cpus", .take = compose_take_cpus },
	{ "depends_on", .take = compose_take_depends_on },
	{ "deploy", .take = compose_take_deploy },
	{ "devices", .take = compose_take_devices },
	{ "entrypoint", .take = take_words, .option = "entrypoint" },
	{ "env_file", .take = take_elsewhere },
	{ "environment", .take = take_environment },
	{ "expose", .take = compose_take_exposed },
	{ "extends", .take = take_elsewhere },
	{ "healthcheck", .take = compose_take_health },
	{ "hostname", .take = compose_take_text, .option = "hostname" },
	{ "image", .take = take_image },
	{ "init", .take = compose_take_bool, .option = "init" },
	{ "mem_limit", .take = compose_take_size, .option = "memory" },
	{ "network_mode", .take = compose_take_network_mode },
	{ "pids_limit", .take = compose_take_pids },
	{ "platform", .take = compose_take_text, .option = "platform" },
	{ "ports", .take = compose_take_published },
	{ "privileged", .take = compose_take_privileged },
	{ "read_only", .take = compose_take_read_only },
	{ "restart", .take = compose_take_restart },
	{ "security_opt", .take = compose_take_security },
	{ "shm_size", .take = compose_take_size, .option = "shm" },
	{ "stop_grace_period", .take = compose_take_seconds, .option = "stop-timeout" },
	{ "stop_signal", .take = compose_take_text, .option = "stop-signal" },
	{ "tmpfs", .take = compose_take_tmpfs },
	{ "ulimits", .take = compose_take_ulimits },
	{ "user", .take = compose_take_text, .option = "user" },
	{ "volumes", .take = compose_take_volumes },
	{ "working_dir", .take = compose_take_text, .option = "cwd" },
	{ 0 },
};

int compose_service(struct compose_reader *reader, const yaml_node_t *node)
{
	struct compose_service *service = reader->service;
	int r;

	reader->restart_said = false;
	r = compose_take_keys(reader, node, service->name, keys);
	if (r == 0 && !service->source)
		r = compose_wrong(reader, node, service->name, "has no image: %s=SOURCE",
				  service->name);
	/* as Compose has it; an image is always started again */
	if (r == 0 && !reader->restart_said)
		r = compose_option(reader, node, "restart", "no");
	return r;
}
