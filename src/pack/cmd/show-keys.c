/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/cmd/show-keys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "format/lines.h"
#include "format/manifest/key.h"

/* Where a key is in JSON, and what the words of its line are called there. */
static const struct {
	const char *path, *words;
} places[MANIFEST_KEYS] = {
#define KEY(id, key, json, words, ...) [MANIFEST_KEY_##id] = { (json), (words) },
#include "format/manifest/keys.def"
};

/* What stands behind the key in line @index, without the line feed; "": no line. A
 * manifest that was read can be written. */
static const char *value_of(const struct manifest *manifest,
			    const struct manifest_key *key, size_t index)
{
	static char line[3 * MANIFEST_MAX_SIZE + 1];
	struct err err = ERR_INIT;
	const char *value;
	struct str s;

	str_init(&s, line, sizeof(line));
	/* a key that isn't there writes nothing, and leaves the line of the one before */
	if (manifest_key_write(manifest, key, index, &s, &err) < 0 || s.used == 0)
		return "";
	line[strcspn(line, "\n")] = '\0';
	value = line + strlen(key->name);
	return *value ? value + 1 : value;
}

void show_keys(const struct manifest *manifest)
{
	for (unsigned int id = 0; id < MANIFEST_KEYS; id++) {
		const struct manifest_key *key = &manifest_keys[id];
		size_t count = manifest_key_count(manifest, key);

		for (size_t i = 0; i < count && key->shape != MANIFEST_LAYER; i++) {
			const char *value = value_of(manifest, key, i);

			if (*value || !key->may_be_empty)
				printf("  %-12s %s\n", i == 0 ? key->name : "", value);
		}
	}
}

json_t *show_text_json(const char *text)
{
	static char encoded[3 * MANIFEST_MAX_SIZE + 1];
	json_t *json = json_string(text);
	struct str s;

	if (json)
		return json;
	str_init(&s, encoded, sizeof(encoded));
	lines_encode(&s, text, true);
	return json_string(encoded);
}

/* A word of a line, without its %XX where that is such a spelling. */
static json_t *word_json(const char *word, size_t size)
{
	char text[4096 + 1];

	if (lines_decode(word, size, false, text, sizeof(text)) >= 0)
		return show_text_json(text);
	return json_stringn(word, size);
}

/* What is left of a line: options, a comma between two. */
static json_t *rest_json(const char *words)
{
	static char text[MANIFEST_MAX_SIZE + 1];
	size_t size = strnlen(words, sizeof(text) - 1);

	for (size_t i = 0; i < size; i++)
		text[i] = (char)(words[i] == ' ' ? ',' : words[i]);
	text[size] = '\0';
	return json_string(text);
}

/* "/tmp tmpfs size=1m" with "path kind options" as an object of three. */
static json_t *words_json(const char *value, const char *names)
{
	json_t *json = json_object();

	while (*names) {
		size_t name = strcspn(names, " "), size = strcspn(value, " ");
		bool last = !names[name];
		char key[32];

		(void)snprintf(key, sizeof(key), "%.*s", (int)name, names);
		(void)json_object_set_new(
			json, key, last ? rest_json(value) : word_json(value, size));
		value += size + (value[size] == ' ');
		names += name + !last;
	}
	return json;
}

static json_t *item_json(const struct manifest *manifest, unsigned int id, size_t index)
{
	const struct manifest_key *key = &manifest_keys[id];
	const void *value = (const char *)manifest + key->value;

	if (key->shape == MANIFEST_TEXTS)
		return show_text_json(((const char *const *)value)[index]);
	if (key->shape == MANIFEST_TEXT)
		return show_text_json(*(const char *const *)value);
	if (key->shape == MANIFEST_NUMBER)
		return json_integer((json_int_t) * (const uint64_t *)value);
	if (places[id].words)
		return words_json(value_of(manifest, key, index), places[id].words);
	return json_string(value_of(manifest, key, index));
}

static json_t *key_json(const struct manifest *manifest, unsigned int id)
{
	const struct manifest_key *key = &manifest_keys[id];
	size_t count = manifest_key_count(manifest, key);
	json_t *list;

	if (!key->most)
		return item_json(manifest, id, 0);
	list = json_array();
	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(list, item_json(manifest, id, i));
	return list;
}

/* The object that @path leads to, made where it isn't there; *ret_name is its end. */
static json_t *object_at(json_t *json, const char *path, const char **ret_name)
{
	for (const char *dot; json && (dot = strchr(path, '.')); path = dot + 1) {
		char name[32];
		json_t *inner;

		(void)snprintf(name, sizeof(name), "%.*s", (int)(dot - path), path);
		inner = json_object_get(json, name);
		if (!inner) {
			inner = json_object();
			(void)json_object_set_new(json, name, inner);
		}
		json = inner;
	}
	*ret_name = path;
	return json;
}

int show_keys_json(const struct manifest *manifest, json_t *json)
{
	for (unsigned int id = 0; id < MANIFEST_KEYS; id++) {
		const char *name;
		json_t *object;

		const struct manifest_key *key = &manifest_keys[id];

		/* a key that is not written says nothing; a list may be empty */
		if (key->shape == MANIFEST_LAYER || !manifest_key_fits(manifest, key) ||
		    (!key->most && manifest_key_count(manifest, key) == 0))
			continue;
		object = object_at(json, places[id].path, &name);
		if (json_object_set_new(object, name, key_json(manifest, id)) < 0)
			return -ENOMEM;
	}
	return 0;
}
