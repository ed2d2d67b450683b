/* SPDX-License-Identifier: Apache-2.0 */
/* An image config: what the application wants, and which layers make the root. */
#include "pack/source/oci.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "pack/source/doc.h"

/* Labels and volumes are JSON objects, whose order means nothing: sorted. */
static int sorted_keys(const json_t *object, const char ***ret_keys, size_t *ret_count)
{
	size_t count = json_object_size(object), at = 0;
	const char **keys = calloc(count + 1, sizeof(*keys)), *key;
	json_t *value;

	if (!keys)
		return -ENOMEM;
	json_object_foreach ((json_t *)object, key, value)
		keys[at++] = key;
	for (size_t i = 1; i < count; i++) /* there are few */
		for (size_t j = i; j > 0 && strcmp(keys[j - 1], keys[j]) > 0; j--) {
			key = keys[j];
			keys[j] = keys[j - 1];
			keys[j - 1] = key;
		}
	*ret_keys = keys;
	*ret_count = count;
	return 0;
}

#define MAX_KEYS 4096

/* Adds the keys of an object, and with @values its values, which are texts. */
static int add_keys(const json_t *config, const char *name, bool values,
		    struct source_texts *texts, struct err *err)
{
	const json_t *object = NULL;
	const char **keys = NULL;
	size_t count = 0;
	int r = doc_object(config, name, &object, err);

	if (r < 0 || !object)
		return r;
	if (json_object_size(object) > MAX_KEYS)
		return err_set(err, -E2BIG, "\"%s\" has more than %d entries", name,
			       MAX_KEYS);
	r = sorted_keys(object, &keys, &count);
	for (size_t i = 0; r == 0 && i < count; i++) {
		const json_t *item = json_object_get(object, keys[i]);
		/* the engines' reader takes null for no text */
		const char *value = json_is_null(item) ? "" : json_string_value(item);

		if (values && !value) {
			r = err_set(err, -EBADMSG, "\"%s\": '%.60s' is not a text", name,
				    keys[i]);
			break;
		}
		r = source_texts_add(texts, keys[i]);
		if (r == 0 && values)
			r = source_texts_add(texts, value);
	}
	free(keys);
	return r == -ENOMEM ? err_errno(err, r, "config") : r;
}

/* CMD-SHELL is run by the image's own shell, as RUN was. */
static int add_shell(const json_t *run, const char *text, struct source_texts *health,
		     struct err *err)
{
	int r = doc_texts(run, "Shell", health, err);

	if (r == 0 && health->count == 0) {
		r = source_texts_add(health, "/bin/sh");
		if (r == 0)
			r = source_texts_add(health, "-c");
	}
	return r == 0 ? source_texts_add(health, text) : r;
}

/* 1: it is none that an engine would run. */
static int take_test(const json_t *run, const struct source_texts *test,
		     struct source_texts *health, struct err *err)
{
	int r = 0;

	if (test->count == 0 || strcmp(test->items[0], "NONE") == 0)
		return 0;
	bool shell = strcmp(test->items[0], "CMD-SHELL") == 0;

	if ((!shell && strcmp(test->items[0], "CMD") != 0) || test->count < 2)
		return 1;
	if (shell)
		r = add_shell(run, test->items[1], health, err);
	for (size_t i = shell ? 2 : 1; i < test->count && r == 0; i++)
		r = source_texts_add(health, test->items[i]);
	return r;
}

/* Nanoseconds, rounded up to seconds; 0 is what the engine takes by itself. */
static int take_times(const json_t *check, char **ret_times, struct err *err)
{
	static const char *const names[][2] = {
		{ "Interval", "interval" }, { "Timeout", "timeout" },
		{ "StartPeriod", "start" }, { "StartInterval", "start-interval" },
		{ "Retries", "retries" },
	};
	char text[160] = "";
	struct str s;

	str_init(&s, text, sizeof(text));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		bool is_time = strcmp(names[i][0], "Retries") != 0;
		uint64_t value = 0;
		int r = json_object_get(check, names[i][0])
				? doc_number(check, names[i][0], &value, err)
				: 0;

		if (r < 0)
			return r;
		if (is_time)
			value = (value + 999999999) / 1000000000;
		if (value)
			str_addf(&s, "%s%s=%llu", s.used ? " " : "", names[i][1],
				 (unsigned long long)value);
	}
	*ret_times = strdup(text);
	return *ret_times ? 0 : -ENOMEM;
}

/* Docker's own: OCI has none, and converters drop it. */
static int read_health(const json_t *run, struct source_config *c, struct err *err)
{
	struct source_texts test = { 0 };
	const json_t *check = NULL;
	int r = doc_object(run, "Healthcheck", &check, err);

	if (r < 0 || !check)
		return r;
	r = doc_texts(check, "Test", &test, err);
	if (r == 0)
		r = take_test(run, &test, &c->health, err);
	if (r == 0)
		r = take_times(check, &c->health_times, err);
	source_texts_done(&test);
	return r < 0 ? r : 0;
}

/* Does it say anything? */
static bool is_empty(const json_t *value)
{
	return json_is_null(value) || json_is_false(value) ||
	       (json_is_string(value) && !*json_string_value(value)) ||
	       (json_is_integer(value) && json_integer_value(value) == 0) ||
	       (json_is_array(value) && json_array_size(value) == 0) ||
	       (json_is_object(value) && json_object_size(value) == 0);
}

/* Of the rest of the config, what is of the container that the image was made in, or of building
 * on it, is nobody's loss. */
static int note_unplaced(const json_t *run, struct source_config *c)
{
	static const char *const known[] = {
		"Entrypoint",  "Cmd",	       "Env",	       "User",	   "WorkingDir",
		"StopSignal",  "Volumes",      "Labels",       "Hostname", "Domainname",
		"AttachStdin", "AttachStdout", "AttachStderr", "Image",	   "Container",
		"ArgsEscaped", "OnBuild",      "Shell",
	};
	const char **keys = NULL;
	size_t count = 0;
	int r = sorted_keys(run, &keys, &count);

	for (size_t i = 0; r == 0 && i < count; i++) {
		bool passed = is_empty(json_object_get(run, keys[i])) ||
			      (c->health_times && strcmp(keys[i], "Healthcheck") == 0);

		for (size_t j = 0; j < sizeof(known) / sizeof(known[0]); j++)
			passed = passed || strcmp(keys[i], known[j]) == 0;
		if (!passed)
			r = source_texts_add(&c->unplaced, keys[i]);
	}
	free(keys);
	return r;
}

/* Only somebody's hint: what is wrong with it is nobody's loss. */
static int add_ports(const json_t *run, struct source_config *c, struct err *err)
{
	const json_t *ports = json_object_get(run, "ExposedPorts");

	if (!json_is_object(ports) || json_object_size(ports) > MAX_KEYS)
		return 0;
	return add_keys(run, "ExposedPorts", false, &c->ports, err);
}

static int read_run(const json_t *json, struct source_config *c, struct err *err)
{
	const json_t *run = NULL, *entrypoint = NULL;
	int r = doc_object(json, "config", &run, err);

	if (r < 0 || !run)
		return r;
	r = doc_array(run, "Entrypoint", &entrypoint, err);
	c->has_entrypoint = entrypoint != NULL;
	if (r == 0)
		r = doc_texts(run, "Entrypoint", &c->entrypoint, err);
	if (r == 0)
		r = doc_texts(run, "Cmd", &c->cmd, err);
	if (r == 0)
		r = doc_texts(run, "Env", &c->env, err);
	if (r == 0)
		r = doc_set(run, "User", &c->user, err);
	if (r == 0)
		r = doc_set(run, "WorkingDir", &c->cwd, err);
	if (r == 0)
		r = doc_set(run, "StopSignal", &c->stop_signal, err);
	if (r == 0)
		r = read_health(run, c, err);
	if (r == 0)
		r = add_keys(run, "Volumes", false, &c->volumes, err);
	if (r == 0)
		r = add_ports(run, c, err);
	if (r == 0 && note_unplaced(run, c) < 0)
		r = err_errno(err, -ENOMEM, "config");
	return r == 0 ? add_keys(run, "Labels", true, &c->labels, err) : r;
}

static int read_root(const json_t *json, struct source_texts *diff_ids, struct err *err)
{
	const json_t *root = NULL;
	const char *type = NULL;
	int r = doc_object(json, "rootfs", &root, err);

	if (r == 0 && !root)
		return err_set(err, -EBADMSG, "no \"rootfs\"");
	if (r == 0)
		r = doc_string(root, "type", &type, err);
	if (r == 0 && (!type || strcmp(type, "layers") != 0))
		return err_set(err, -EBADMSG, "\"rootfs\" is not made of layers");
	return r == 0 ? doc_texts(root, "diff_ids", diff_ids, err) : r;
}

int oci_config_parse(const json_t *json, struct source_config *config,
		     struct source_texts *diff_ids, struct err *err)
{
	int r = doc_set(json, "os", &config->os, err);

	config->image = true;
	if (r == 0)
		r = doc_set(json, "architecture", &config->arch, err);
	if (r == 0)
		r = doc_set(json, "variant", &config->variant, err);
	if (r == 0 && config->os && strcmp(config->os, "linux") != 0)
		return err_set(err, -ENOTSUP, "is for %.40s, not for linux", config->os);
	if (r == 0)
		r = read_run(json, config, err);
	return r == 0 ? read_root(json, diff_ids, err) : r;
}
