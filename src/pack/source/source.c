/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/source/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "pack/source/shape.h"

extern const struct source_transport source_oci, source_oci_archive, source_docker,
	source_tar, source_dir, source_squashfs, source_registry, source_docker_daemon,
	source_containers_storage, source_sif;

static const struct source_transport *const transports[] = {
	&source_oci,
	&source_oci_archive,
	&source_docker,
	&source_tar,
	&source_dir,
	&source_squashfs,
	&source_registry,
	&source_docker_daemon,
	&source_containers_storage,
	&source_sif,
	NULL,
};

static const struct source_transport *transport_find(const char *spec,
						     const char **ret_rest)
{
	size_t size = strcspn(spec, ":");

	for (size_t i = 0; spec[size] && transports[i]; i++) {
		if (strlen(transports[i]->name) != size ||
		    memcmp(transports[i]->name, spec, size) != 0)
			continue;
		*ret_rest = spec + size + 1;
		return transports[i];
	}
	return NULL;
}

bool source_has_transport(const char *spec)
{
	const char *rest;
	const struct source_transport *transport = transport_find(spec, &rest);

	return transport &&
	       (transport != &source_registry || strncmp(rest, "//", 2) == 0);
}

static int unknown_transport(const char *spec, struct err *err)
{
	struct shape_guess guess;

	shape_guess(spec, &guess);
	if (guess.meant[0])
		return err_set(err, -EINVAL, "%.100s: say what it is: %.120s", spec,
			       guess.meant);
	if (guess.what[0])
		return err_set(err, -EINVAL, "%.150s: it is %s", spec, guess.what);
	return err_set(
		err, -EINVAL,
		"%s: a source begins with docker:, oci:, oci-archive:, docker-archive:, "
		"tar:, dir: or squashfs:, as docker://nginx does",
		spec);
}

void source_explain(const char *spec, int r, struct err *err)
{
	const char *rest = strchr(spec, ':') + 1;
	size_t prefix = (size_t)(rest - spec);
	bool archive = prefix > 9 && strncmp(rest - 9, "-archive:", 9) == 0;
	struct shape_guess guess;
	char *path = strndup(rest, strcspn(rest, ":"));

	shape_guess(path ? path : "", &guess);
	free(path);
	if (!err || strncmp(guess.meant, spec, prefix) == 0)
		return;
	if (guess.what[0])
		(void)err_set(err, 0, "%.150s: it is %s", err->text, guess.what);
	/* an archive that is damaged is no tar: for that, but one without what it is about */
	else if (guess.meant[0] &&
		 (strncmp(guess.meant, "tar:", 4) != 0 || !archive || r == -ENOENT))
		(void)err_set(err, 0, "%.150s: say %.100s", err->text, guess.meant);
}

int source_open(const char *spec, const struct source_options *options,
		struct source *ret_source, struct err *err)
{
	struct source source = { 0 };
	const char *rest = NULL;
	const struct source_transport *transport = transport_find(spec, &rest);
	int r;

	if (!transport)
		return unknown_transport(spec, err);
	r = transport->open(rest, options, &source, err);
	if (r < 0) {
		source_done(&source);
		source_explain(spec, r, err);
		return err_wrap(err, r, "%s", spec);
	}
	*ret_source = source;
	return 0;
}

void source_texts_done(struct source_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		free(texts->items[i]);
	free(texts->items);
	*texts = (struct source_texts){ 0 };
}

static void config_done(struct source_config *config)
{
	source_texts_done(&config->entrypoint);
	source_texts_done(&config->cmd);
	source_texts_done(&config->env);
	source_texts_done(&config->volumes);
	source_texts_done(&config->health);
	free(config->health_times);
	source_texts_done(&config->labels);
	source_texts_done(&config->ports);
	source_texts_done(&config->unplaced);
	free(config->os);
	free(config->arch);
	free(config->variant);
	free(config->user);
	free(config->cwd);
	free(config->stop_signal);
}

void source_done(struct source *source)
{
	for (size_t i = 0; i < source->layer_count; i++) {
		fd_close(source->layers[i].fd);
		free(source->layers[i].name);
	}
	free(source->layers);
	config_done(&source->config);
	free(source->name);
	free(source->version);
	free(source->provenance);
	*source = (struct source){ 0 };
}

struct source_layer *source_add_layer(struct source *source, enum source_kind kind,
				      int fd, const char *name)
{
	struct source_layer *layers, *layer;
	char *copy = strdup(name);

	layers = realloc(source->layers, (source->layer_count + 1) * sizeof(*layers));
	if (layers)
		source->layers = layers;
	if (!layers || !copy) {
		free(copy);
		fd_close(fd);
		return NULL;
	}
	layer = &layers[source->layer_count++];
	*layer = (struct source_layer){
		.kind = kind, .name = copy, .fd = fd, .size_bytes = SOURCE_SIZE_UNKNOWN
	};
	return layer;
}

int source_texts_add(struct source_texts *texts, const char *text)
{
	char **items = realloc(texts->items, (texts->count + 2) * sizeof(*items));

	if (!items)
		return -ENOMEM;
	texts->items = items;
	items[texts->count] = strdup(text);
	if (!items[texts->count])
		return -ENOMEM;
	items[++texts->count] = NULL;
	return 0;
}

int source_set(char **field, const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		return -ENOMEM;
	free(*field);
	*field = copy;
	return 0;
}
