/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/cmd/describe.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/str.h"
#include "cli/cmd.h"
#include "pack/cmd/describe/config.h"
#include "pack/cmd/describe/parts.h"

/* Sets a text: the option, else the label, else what the config says, else nothing. */
static int set_text(struct manifest *manifest, const char **field, const char *option,
		    const char *label, const char *config, struct err *err)
{
	const char *text = option ? option : label ? label : config;

	if (!text || !*text)
		return 0;
	*field = describe_keep(manifest, text, err);
	return *field ? 0 : -EINVAL;
}

static int add_texts(struct manifest *manifest, const char **list, size_t *count,
		     size_t most, const char *what, const struct source_texts *texts,
		     struct err *err)
{
	for (size_t i = 0; i < texts->count; i++) {
		if (*count == most)
			return err_set(err, -EINVAL, "more than %zu %s", most, what);
		list[*count] = describe_keep(manifest, texts->items[i], err);
		if (!list[(*count)++])
			return -EINVAL;
	}
	return 0;
}

/* "Acme/Thermostat App" as "acme-thermostat-app". */
static void make_name(const char *from, char ret_name[MANIFEST_NAME_SIZE])
{
	size_t used = 0;

	for (; *from && used < MANIFEST_NAME_SIZE - 1; from++) {
		char c = (char)tolower((unsigned char)*from);

		if (!isalnum((unsigned char)c) && !strchr("._-", c))
			c = '-';
		if (used > 0 || isalnum((unsigned char)c))
			ret_name[used++] = c;
	}
	ret_name[used] = '\0';
}

static int set_name(struct manifest *manifest, const struct describe_config *config,
		    const struct describe_options *options, struct err *err)
{
	char name[MANIFEST_NAME_SIZE] = "";
	const char *said = options->name ? options->name : describe_label(config, "name");

	if (said && !manifest_name_valid(said))
		return err_set(err, -EINVAL,
			       "the name '%s' does not match [a-z0-9][a-z0-9._-]{0,62}",
			       said);
	if (!said && config->name)
		make_name(config->name, name);
	if (!said && !name[0])
		return err_set(err, -EINVAL, "what is the image's name? --name NAME");
	manifest->name = describe_keep(manifest, said ? said : name, err);
	return manifest->name ? 0 : -EINVAL;
}

static int set_serial(struct manifest *manifest, const struct describe_config *config,
		      const struct describe_options *options, struct err *err)
{
	const char *label = describe_label(config, "serial");

	manifest->serial = options->has_serial ? options->serial : 1;
	if (options->has_serial || !label)
		return 0;
	if (str_number(label, strlen(label), &manifest->serial) < 0)
		return err_set(err, -EINVAL,
			       "the label org.lamina.serial is no number: %s", label);
	return 0;
}

static int set_compatible(struct manifest *manifest, const struct describe_config *config,
			  const struct describe_options *options, struct err *err)
{
	const char *label = describe_label(config, "compatible");
	struct source_texts words = { 0 };
	char *copy = NULL, *save = NULL;
	int r = 0;

	if (!options->compatible.count && !label)
		return err_set(err, -EINVAL,
			       "which devices is it for? --compatible NAME, as their "
			       "policy says it, such as acme,thermostat-v2");
	if (options->compatible.count)
		return add_texts(manifest, manifest->compatible,
				 &manifest->compatible_count, MANIFEST_MAX_COMPATIBLE,
				 "compatible devices", &options->compatible, err);
	copy = strdup(label);
	for (char *word = copy ? strtok_r(copy, " ", &save) : NULL; word && r == 0;
	     word = strtok_r(NULL, " ", &save))
		r = source_texts_add(&words, word);
	if (r == 0)
		r = copy ? add_texts(manifest, manifest->compatible,
				     &manifest->compatible_count, MANIFEST_MAX_COMPATIBLE,
				     "compatible devices", &words, err)
			 : -ENOMEM;
	source_texts_done(&words);
	free(copy);
	return r;
}

const char *describe_arch(const char *name)
{
	static const char *const names[][2] = {
		{ "x86_64", "amd64" }, { "aarch64", "arm64" }, { "armv7l", "arm" },
		{ "armv6l", "arm" },   { "armhf", "arm" },     { "amd64", "amd64" },
		{ "arm64", "arm64" },  { "arm", "arm" },       { "riscv64", "riscv64" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i][0], name) == 0)
			return names[i][1];
	return NULL;
}

static int set_arch(struct manifest *manifest, const struct describe_config *config,
		    const struct describe_options *options, struct err *err)
{
	const char *said = options->arch ? options->arch : config->arch;
	struct utsname machine;

	if (!said && uname(&machine) == 0) {
		said = machine.machine;
		if (describe_arch(said))
			cmd_note("no source says for which processor it is; %s is "
				 "assumed (--arch)",
				 describe_arch(said));
	}
	manifest->arch = said ? describe_arch(said) : NULL;
	if (!manifest->arch)
		return err_set(err, -EINVAL,
			       "'%s' is no architecture that devices have: amd64, arm64, "
			       "arm or riscv64",
			       said ? said : "?");
	return 0;
}

/* As engines do: --arg is everything; --entrypoint drops the image's Cmd; --cmd replaces
 * it. */
static int set_args(struct manifest *manifest, const struct describe_config *config,
		    const struct describe_options *options, struct err *err)
{
	static const struct source_texts none;
	const struct source_texts *entrypoint = &config->entrypoint, *cmd = &config->cmd;
	int r;

	if (options->entrypoint.count) {
		entrypoint = &options->entrypoint;
		cmd = &none;
	}
	if (options->cmd.count)
		cmd = &options->cmd;
	if (options->args.count) {
		entrypoint = &options->args;
		cmd = &none;
	}
	r = add_texts(manifest, manifest->args, &manifest->arg_count, MANIFEST_MAX_ARGS,
		      "arguments", entrypoint, err);
	if (r == 0)
		r = add_texts(manifest, manifest->args, &manifest->arg_count,
			      MANIFEST_MAX_ARGS, "arguments", cmd, err);
	if (r == 0 && manifest->arg_count == 0)
		return err_set(err, -EINVAL,
			       "what should the image run? --arg PROGRAM [--arg "
			       "ARGUMENT...]");
	return r;
}

static int set_run(struct manifest *manifest, const struct describe_config *config,
		   const struct describe_options *options, struct err *err)
{
	const char *label = describe_label(config, "run");
	const char *run = options->run ? options->run : label ? label : "exec";

	if (strcmp(run, "exec") != 0 && strcmp(run, "supervise") != 0)
		return err_set(err, -EINVAL, "run is exec or supervise, not '%s'", run);
	manifest->run = run[0] == 'e' ? MANIFEST_RUN_EXEC : MANIFEST_RUN_SUPERVISE;
	return 0;
}

/* Later ones win, in the place of the first. */
static int add_env(struct manifest *manifest, const struct source_texts *env,
		   struct err *err)
{
	for (size_t i = 0; i < env->count; i++) {
		const char *text = env->items[i];
		size_t size = strcspn(text, "="), at = 0;

		if (!text[size])
			return err_set(err, -EINVAL, "env %s: must be NAME=value", text);
		while (at < manifest->env_count &&
		       strncmp(manifest->env[at], text, size + 1) != 0)
			at++;
		if (at == MANIFEST_MAX_ENV)
			return err_set(err, -EINVAL, "more than %d environment variables",
				       MANIFEST_MAX_ENV);
		manifest->env[at] = describe_keep(manifest, text, err);
		if (!manifest->env[at])
			return -EINVAL;
		if (at == manifest->env_count)
			manifest->env_count++;
	}
	return 0;
}

/* "app/" as "/app": engines take it so. */
static int set_cwd(struct manifest *manifest, const struct describe_config *config,
		   const struct describe_options *options, struct err *err)
{
	const char *said = options->cwd ? options->cwd : config->cwd;
	char rel[4096], path[4097];

	if (!said || !*said)
		return 0;
	if (str_below_root(said, rel, sizeof(rel)) < 0)
		return err_set(err, -EINVAL, "the working directory '%s' can't be had",
			       said);
	(void)snprintf(path, sizeof(path), "/%s", strcmp(rel, ".") == 0 ? "" : rel);
	manifest->cwd = describe_keep(manifest, path, err);
	return manifest->cwd ? 0 : -EINVAL;
}

/* "15" and "TERM" as "SIGTERM". */
static int set_stop_signal(struct manifest *manifest,
			   const struct describe_config *config,
			   const struct describe_options *options, struct err *err)
{
	const char *said =
		options->stop_signal ? options->stop_signal : config->stop_signal;
	char name[32];

	if (!said || !*said)
		return 0;
	if (describe_signal(said, name, sizeof(name)) < 0)
		return err_set(err, -EINVAL, "the stop signal '%s' is none to stop by",
			       said);
	manifest->stop_signal = describe_keep(manifest, name, err);
	return manifest->stop_signal ? 0 : -EINVAL;
}

static int set_run_time(struct manifest *m, const struct describe_config *config,
			const struct describe_options *options, struct err *err)
{
	int r = set_args(m, config, options, err);

	if (r == 0)
		r = add_env(m, &config->env, err);
	if (r == 0)
		r = add_env(m, &options->env, err);
	if (r == 0)
		r = set_cwd(m, config, options, err);
	if (r == 0)
		r = set_text(m, &m->user, options->user, NULL, config->user, err);
	if (r == 0)
		r = set_stop_signal(m, config, options, err);
	if (r == 0)
		r = set_run(m, config, options, err);
	if (r == 0)
		r = describe_upper(m, config, options, err);
	if (r == 0)
		r = describe_volumes(m, config, options, err);
	if (r == 0)
		r = add_texts(m, m->injects, &m->inject_count, MANIFEST_MAX_INJECTS,
			      "injected files", &options->injects, err);
	return r;
}

static int fill(struct manifest *m, const struct describe_config *config,
		const struct describe_options *options, struct err *err)
{
	int r = set_name(m, config, options, err);

	if (r == 0)
		r = set_text(m, &m->version, options->version,
			     describe_label(config, "version"), config->version, err);
	if (r == 0)
		r = set_serial(m, config, options, err);
	if (r == 0)
		r = set_compatible(m, config, options, err);
	if (r == 0)
		r = set_arch(m, config, options, err);
	return r == 0 ? set_run_time(m, config, options, err) : r;
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

int describe_image(const struct source *sources, size_t count,
		   const struct describe_options *options, struct manifest *ret_manifest,
		   struct err *err)
{
	struct describe_config config;
	int r;

	manifest_init(ret_manifest);
	ret_manifest->min_init = MANIFEST_FEATURE_LEVEL;
	r = describe_config_merge(sources, count, &config);
	if (r == 0)
		r = fill(ret_manifest, &config, options, err);
	for (size_t i = 0; i < count && r == 0; i++) {
		if (!sources[i].provenance ||
		    ret_manifest->source_count == MANIFEST_MAX_LAYERS)
			continue;
		const char *kept =
			describe_keep(ret_manifest, sources[i].provenance, err);

		ret_manifest->sources[ret_manifest->source_count++] = kept;
		r = kept ? 0 : -EINVAL;
	}
	return r == 0 ? try_to_write(ret_manifest, err) : r;
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
