/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/cmd/describe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cli/cmd.h"
#include "format/lines.h"
#include "pack/cmd/describe/config.h"
#include "pack/cmd/describe/parts.h"

#define LABEL_PREFIX "org.lamina."

/* Which keys have an option. */
static const bool given[MANIFEST_KEYS] = {
#define KEY(id, ...) [MANIFEST_KEY_##id] = true,
#define KEY_INNER(id, ...)
#include "format/manifest/keys.def"
};

/*
 * The keys that have a function. The others are what option or label say, or stay at the
 * manifest's default; the layers come later.
 */
static const struct {
	describe_fill *fill;
	bool no_label; /* an image's config has its own place for it */
} own[MANIFEST_KEYS] = {
	[MANIFEST_KEY_name] = { describe_name, false },
	[MANIFEST_KEY_version] = { describe_version, false },
	[MANIFEST_KEY_compatible] = { describe_compatible, false },
	[MANIFEST_KEY_arch] = { describe_processor, true },
	[MANIFEST_KEY_volume] = { describe_volumes, false },
	[MANIFEST_KEY_arg] = { describe_args, true },
	[MANIFEST_KEY_env] = { describe_env, true },
	[MANIFEST_KEY_cwd] = { describe_cwd, true },
	[MANIFEST_KEY_user] = { describe_user, true },
	[MANIFEST_KEY_stop_signal] = { describe_stop_signal, true },
	[MANIFEST_KEY_run] = { describe_run, false },
	[MANIFEST_KEY_health] = { describe_health, false },
	[MANIFEST_KEY_health_arg] = { describe_health_args, true },
	[MANIFEST_KEY_net] = { describe_net, false },
	[MANIFEST_KEY_systemd] = { describe_systemd, false },
	[MANIFEST_KEY_cap_add] = { describe_capabilities, false },
	[MANIFEST_KEY_cap_drop] = { describe_capabilities, false },
	[MANIFEST_KEY_device] = { describe_devices, false },
	[MANIFEST_KEY_new_privileges] = { describe_new_privileges, false },
	[MANIFEST_KEY_syscalls] = { NULL, true }, /* of one architecture */
	[MANIFEST_KEY_source] = { describe_sources, false },
};

static const char *label_of(const struct description *d, enum manifest_key_id id)
{
	return own[id].no_label ? NULL
				: describe_label(d->config, manifest_keys[id].name);
}

const char *describe_said(const struct description *d, enum manifest_key_id id)
{
	const struct source_texts *said = &d->options->keys[id];

	return said->count ? said->items[said->count - 1] : label_of(d, id);
}

int describe_lines(const char *text, const char *between, struct source_texts *ret_texts)
{
	char *copy = text ? strdup(text) : NULL, *save = NULL;
	int r = text && !copy ? -ENOMEM : 0;

	for (char *at = copy ? strtok_r(copy, between, &save) : NULL; at && r == 0;
	     at = strtok_r(NULL, between, &save))
		r = source_texts_add(ret_texts, at);
	free(copy);
	return r;
}

int describe_texts(const struct description *d, enum manifest_key_id id,
		   struct source_texts *ret_texts)
{
	const struct source_texts *said = &d->options->keys[id];
	int r = 0;

	/* names of devices have no spaces */
	if (!said->count)
		return describe_lines(label_of(d, id),
				      id == MANIFEST_KEY_compatible ? " \n" : "\n",
				      ret_texts);
	for (size_t i = 0; i < said->count && r == 0; i++)
		r = source_texts_add(ret_texts, said->items[i]);
	return r;
}

int describe_take_words(const struct description *d, enum manifest_key_id id,
			const char *words, const char *shown)
{
	const struct manifest_key *key = &manifest_keys[id];
	struct err err = ERR_INIT;

	if (strlen(words) >= sizeof(d->manifest->text) - d->manifest->text_used)
		return err_set(
			d->err, -EINVAL,
			"the image's description is longer than a manifest may be");
	if (manifest_key_take(d->manifest, key, words, &err) < 0)
		/* the text goes between the key's name and the reason */
		return err_set(d->err, -EINVAL, "%s '%.100s'%s", key->name, shown,
			       err.text + strlen(key->name));
	return 0;
}

int describe_take(const struct description *d, enum manifest_key_id id, const char *text)
{
	static char spelled[3 * MANIFEST_MAX_SIZE + 1];
	enum manifest_shape shape = manifest_keys[id].shape;
	struct str s;

	str_init(&s, spelled, sizeof(spelled));
	if (shape == MANIFEST_TEXT || shape == MANIFEST_TEXTS)
		lines_encode(&s, text, true);
	else
		for (const char *at = text; *at; at++)
			str_add_bytes(&s, *at == ',' ? " " : at, 1);
	return describe_take_words(d, id, spelled, text);
}

static int fill_key(const struct description *d, enum manifest_key_id id)
{
	const char *said = describe_said(d, id);
	struct source_texts texts = { 0 };
	int r = 0;

	if (manifest_keys[id].supervised && d->options->keys[id].count &&
	    d->manifest->run == MANIFEST_RUN_EXEC)
		return err_set(d->err, -EINVAL, "--%s goes with --run supervise",
			       manifest_keys[id].name);
	if (own[id].fill)
		return own[id].fill(d, id);
	if (!given[id] || !said)
		return 0;
	if (!manifest_keys[id].most)
		return describe_take(d, id, said);
	r = describe_texts(d, id, &texts);
	for (size_t i = 0; i < texts.count && r == 0; i++)
		r = describe_take(d, id, texts.items[i]);
	source_texts_done(&texts);
	return r;
}

/* What somebody wrote into an image and nobody reads. */
static void note_labels(const struct describe_config *config)
{
	const struct source_texts *labels = &config->labels;

	for (size_t i = 0; i + 1 < labels->count; i += 2) {
		const char *name = labels->items[i];
		bool known = strncmp(name, LABEL_PREFIX, strlen(LABEL_PREFIX)) != 0;

		for (unsigned int id = 0; id < MANIFEST_KEYS && !known; id++)
			known = given[id] && !own[id].no_label &&
				strcmp(manifest_keys[id].name,
				       name + strlen(LABEL_PREFIX)) == 0;
		if (!known)
			cmd_note("warning: the label %s means nothing to lamina", name);
	}
}

/* Ports are what the machine's network has: to be told only where nobody gets at it. */
static bool says_something(const char *key, const struct manifest *manifest)
{
	return strcmp(key, "ExposedPorts") != 0 || manifest->network ||
	       (manifest->net_count && strcmp(manifest->nets[0], "none") == 0);
}

/* What somebody else's image asks for, and whoever packs it may not have seen. */
static void note_loosened(const struct description *d)
{
	static const enum manifest_key_id ids[] = {
		MANIFEST_KEY_confine, MANIFEST_KEY_cap_add, MANIFEST_KEY_new_privileges,
		MANIFEST_KEY_sys,     MANIFEST_KEY_device,  MANIFEST_KEY_control,
	};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		const char *label = label_of(d, ids[i]);

		if (label && !d->options->keys[ids[i]].count)
			cmd_note("the image's own label asks for `%s %s`",
				 manifest_keys[ids[i]].name, label);
	}
}

/* What the configs ask for and a device has no place for. */
static void note_unplaced(const struct source *sources, size_t count,
			  const struct manifest *manifest)
{
	for (size_t i = 0; i < count; i++) {
		const struct source_texts *keys = &sources[i].config.unplaced;
		char text[200];
		struct str s;

		str_init(&s, text, sizeof(text));
		for (size_t j = 0; j < keys->count; j++) {
			if (says_something(keys->items[j], manifest))
				str_addf(&s, "%s%s", s.used ? ", " : "", keys->items[j]);
		}
		if (s.used)
			cmd_note("of the image's config, these are left out: %s", text);
	}
}

/* The next version may come from another folder, and would start without its data. */
static int check_name(const struct description *d)
{
	const struct manifest *manifest = d->manifest;
	bool keeps = manifest->upper == MANIFEST_UPPER_PERSIST;

	for (size_t i = 0; i < manifest->volume_count; i++)
		keeps = keeps || manifest->volumes[i].persist;
	if (!keeps || !d->config->name_is_path || describe_said(d, MANIFEST_KEY_name))
		return 0;
	if (!d->options->force)
		return err_set(
			d->err, -EINVAL,
			"a device keeps volumes by the image's name, and '%s' is only "
			"what its file or folder is called: --name NAME",
			manifest->name);
	cmd_note(
		"warning: volumes are kept by the name '%s', which is only what its file or "
		"folder is called",
		manifest->name);
	return 0;
}

/* A manifest that can be written, but for its layers? Found out with a made-up one. */
static int try_to_write(struct manifest *manifest, struct err *err)
{
	static char text[MANIFEST_MAX_SIZE];
	int r;

	manifest->layers[0] =
		(struct manifest_layer){ .size_bytes = 8192, .data_bytes = 4096 };
	manifest->layer_count = 1;
	r = manifest_write(manifest, text, sizeof(text), err);
	manifest->layer_count = 0;
	return r < 0 ? r : 0;
}

/* Which init moves to what it executes: a volume there would be below it. */
static bool has_run(const struct manifest *manifest)
{
	bool has = false;

	for (size_t i = 0; i < manifest->volume_count; i++)
		has = has || strcmp(manifest->volumes[i].path, "/run") == 0;
	return has;
}

int describe_image(const struct source *sources, size_t count,
		   const struct describe_options *options, struct manifest *ret_manifest,
		   bool *ret_new_privileges_said, struct err *err)
{
	struct describe_config config;
	const struct description d = {
		.sources = sources,
		.source_count = count,
		.manifest = ret_manifest,
		.config = &config,
		.options = options,
		.err = err,
	};
	int r;

	manifest_init(ret_manifest);
	ret_manifest->serial = 1;
	r = describe_config_merge(sources, count, &config);
	for (unsigned int id = 0; id < MANIFEST_KEYS && r == 0; id++)
		r = fill_key(&d, (enum manifest_key_id)id);
	if (r == 0)
		r = check_name(&d);
	if (r < 0)
		return r;
	*ret_new_privileges_said = describe_said(&d, MANIFEST_KEY_new_privileges);
	note_labels(&config);
	note_loosened(&d);
	describe_note_unconfined(&d);
	note_unplaced(sources, count, ret_manifest);
	/* the oldest init that can start it */
	if (ret_manifest->run == MANIFEST_RUN_SET)
		return err_set(err, -EINVAL, "run set: is what lamina set makes");
	if (ret_manifest->run == MANIFEST_RUN_SUPERVISE)
		ret_manifest->min_init = MANIFEST_SUPERVISE_LEVEL;
	else if (has_run(ret_manifest))
		return err_set(err, -EINVAL,
			       "volume /run: with --run exec it is the machine's own");
	return try_to_write(ret_manifest, err);
}

int describe_layers(const struct import_result *result, struct manifest *manifest,
		    struct err *err)
{
	if (result->count > MANIFEST_MAX_LAYERS)
		return err_set(err, -E2BIG,
			       "%zu layers, at most %d are possible (--merge %d)",
			       result->count, MANIFEST_MAX_LAYERS, MANIFEST_MAX_LAYERS);
	for (size_t i = 0; i < result->count; i++) {
		const struct hash_tree_result *blob = &result->layers[i].blob;
		struct manifest_layer *layer = &manifest->layers[i];

		layer->size_bytes = blob->size_bytes;
		layer->data_bytes = blob->data_bytes;
		layer->blob = blob->blob;
		layer->root = blob->root;
	}
	manifest->layer_count = result->count;
	return 0;
}
