/* SPDX-License-Identifier: Apache-2.0 */
/* The transports oci: and oci-archive:. */
#include "pack/source/oci.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "format/media.h"
#include "pack/source/doc.h"

#define MAX_LAYERS 4096

int oci_split(const char *rest, char **ret_path, const char **ret_ref)
{
	size_t size = strcspn(rest, ":");

	*ret_path = strndup(rest, size);
	*ret_ref = rest[size] && rest[size + 1] ? rest + size + 1 : NULL;
	return *ret_path ? 0 : -ENOMEM;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* "registry:5000/team/app:1.2" proposes app and 1.2; a bare tag only the version. */
int oci_propose(struct source *source, const char *reference, const char *otherwise)
{
	const char *last = base_name(reference ? reference : "");
	const char *colon = strrchr(last, ':');
	bool is_digest = reference &&
			 (reference[0] == '@' || strncmp(reference, "sha256:", 7) == 0);
	int r = 0;

	if (reference && !is_digest && (colon || last != reference)) {
		r = source_set(&source->name, last);
		if (r == 0 && colon)
			source->name[colon - last] = '\0';
	} else {
		r = source_set(&source->name, base_name(otherwise));
		source->name_is_path = true;
		if (r == 0 && source->name[0] != '.')
			source->name[strcspn(source->name, ".")] = '\0';
	}
	if (r == 0 && reference && !is_digest && (colon || last == reference))
		r = source_set(&source->version, colon ? colon + 1 : reference);
	return r;
}

/* --- layers
 * ---------------------------------------------------------------------------------- */

static bool is_layer_type(const char *type)
{
	static const char *const types[] = {
		"application/vnd.oci.image.layer.v1.tar",
		"application/vnd.oci.image.layer.nondistributable.v1.tar",
		"application/vnd.docker.image.rootfs.diff.tar",
		"application/vnd.docker.image.rootfs.foreign.diff.tar",
	};
	static const char *const suffixes[] = { "", "+gzip", "+zstd", ".gzip", ".zstd" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		size_t size = strlen(types[i]);

		for (size_t j = 0; j < sizeof(suffixes) / sizeof(suffixes[0]); j++)
			if (strncmp(type, types[i], size) == 0 &&
			    strcmp(type + size, suffixes[j]) == 0)
				return true;
	}
	return false;
}

static int check_layer_type(const struct oci_descriptor *d, struct err *err)
{
	if (strstr(d->type, "encrypted"))
		return err_set(err, -ENOTSUP, "is encrypted");
	if (strcmp(d->type, MEDIA_LAYER) == 0)
		return err_set(err, -ENOTSUP,
			       "is a Lamina layer: this image is packed already, and "
			       "`lamina unbundle` takes it");
	if (!is_layer_type(d->type))
		return err_set(err, -ENOTSUP, "'%.100s' is no file system layer",
			       d->type);
	return 0;
}

static bool is_foreign(const struct oci_descriptor *d)
{
	return strstr(d->type, "nondistributable") || strstr(d->type, "foreign");
}

static int add_layer(const struct members *members, const struct oci_descriptor *d,
		     const char *diff_id, const char *label, struct source *source,
		     struct err *err)
{
	struct oci_descriptor plain;
	struct source_layer *layer;
	char name[80], *text = NULL;
	uint64_t offset, size;
	int fd;

	oci_blob_name(d, name);
	fd = members_open(members, name, &offset, &size, err);
	if (fd == -ENOENT && is_foreign(d))
		return err_set(
			err, fd,
			"%s: is missing: a layer that may not be distributed, to be "
			"fetched from its maker",
			name);
	if (fd < 0)
		return fd;
	if (size != d->size_bytes) {
		fd_close(fd);
		return err_set(
			err, -EBADMSG, "%s: has %llu bytes, the manifest says %llu", name,
			(unsigned long long)size, (unsigned long long)d->size_bytes);
	}
	if (asprintf(&text, "%.19s of %s", d->digest, label) < 0)
		text = NULL;
	layer = source_add_layer(source, SOURCE_TAR, fd, text ? text : d->digest);
	free(text);
	if (!layer)
		return err_errno(err, -ENOMEM, "%s", name);
	layer->offset = offset;
	layer->size_bytes = size;
	layer->has_digest = true;
	layer->digest = d->hash;
	/* the texts of diff ids are digests too */
	layer->has_diff_id = strncmp(diff_id, "sha256:", 7) == 0;
	if (!layer->has_diff_id ||
	    digest_parse(diff_id + 7, strlen(diff_id + 7), &plain.hash) < 0)
		return err_set(err, -EBADMSG, "'%.80s' is not a diff id", diff_id);
	layer->diff_id = plain.hash;
	return 0;
}

static int add_layers(const struct members *members, const json_t *manifest,
		      const struct source_texts *diff_ids, const char *label,
		      struct source *source, struct err *err)
{
	const json_t *list = NULL;
	int r = doc_array(manifest, "layers", &list, err);

	if (r == 0 && json_array_size(list) != diff_ids->count)
		return err_set(err, -EBADMSG,
			       "the manifest has %zu layers, the config %zu diff ids",
			       json_array_size(list), diff_ids->count);
	if (r == 0 && json_array_size(list) > MAX_LAYERS)
		return err_set(err, -E2BIG, "has more than %d layers", MAX_LAYERS);
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++) {
		struct oci_descriptor d;

		r = oci_descriptor_parse(json_array_get(list, i), &d, err);
		if (r == 0)
			r = check_layer_type(&d, err);
		if (r == 0)
			r = add_layer(members, &d, diff_ids->items[i], label, source,
				      err);
		if (r < 0)
			return err_wrap(err, r, "layer %zu", i);
	}
	return r;
}

/* --- the image
 * ------------------------------------------------------------------------------- */

/* What else registries keep in a manifest's shape, such as charts and signatures. */
static int no_container(const json_t *manifest, const struct oci_descriptor *config,
			int r, struct err *err)
{
	const char *type = json_string_value(json_object_get(manifest, "artifactType"));

	if (!type || !*type)
		type = config->type;
	if (r >= 0 || r == -ENOMEM || strstr(config->type, "image.config") ||
	    strstr(config->type, "image.v1+json") ||
	    strncmp(config->type, "application/vnd.", 16) != 0)
		return r < 0 ? err_wrap(err, r, "config") : r;
	return err_set(err, r, "is no container image, but '%.80s'", type);
}

static int read_config(const struct members *members, const json_t *manifest,
		       const struct oci_platform *platform, struct source *source,
		       struct source_texts *diff_ids, struct err *err)
{
	struct source_config *c = &source->config;
	const json_t *layers = json_object_get(manifest, "layers");
	struct oci_descriptor d, first = { .type = "" };
	int r = oci_descriptor_parse(json_object_get(manifest, "config"), &d, err);
	__doc json_t *doc = NULL;

	if (r == 0 && strcmp(d.type, MEDIA_MANIFEST) != 0 &&
	    oci_descriptor_parse(json_array_get(layers, 0), &first, NULL) == 0)
		d.type = strcmp(first.type, MEDIA_MANIFEST) == 0 ? first.type : d.type;
	if (r == 0 && strcmp(d.type, MEDIA_MANIFEST) == 0)
		return err_set(err, -ENOTSUP,
			       "is packed already: `lamina unbundle` takes it");
	if (r == 0)
		doc = oci_read_blob(members, &d, &r, err);
	if (r == 0)
		r = oci_config_parse(doc, c, diff_ids, err);
	r = no_container(manifest, &d, r, err);
	if (r < 0)
		return r;
	struct oci_platform have = { c->os, c->arch, c->variant };

	if (platform && !oci_platform_fits(platform, &have))
		return err_set(err, -ENOENT, "is for %s/%s, not for %s/%s",
			       c->os ? c->os : "?", c->arch ? c->arch : "?", platform->os,
			       platform->arch);
	return 0;
}

/* How the image is called in messages and in the manifest: without the directories of
 * this machine, so that they don't get into the image's bytes. */
static int make_names(const struct source_transport *transport, const char *path,
		      const char *ref, const struct oci_image *image,
		      struct source *source, char **ret_label)
{
	const char *tag = ref ? ref : image->descriptor.ref;
	bool is_digest = tag && (tag[0] == '@' || strncmp(tag, "sha256:", 7) == 0);
	char *label = NULL, *provenance = NULL;
	int r;

	if (is_digest)
		tag = NULL;
	if (asprintf(&label, "%s:%s%s%s", transport->name, base_name(path),
		     tag ? ":" : "", tag ? tag : "") < 0)
		return -ENOMEM;
	*ret_label = label;
	if (asprintf(&provenance, "%s@%s", label, image->descriptor.digest) < 0)
		return -ENOMEM;
	r = source_set(&source->provenance, provenance);
	free(provenance);
	if (image->descriptor.name)
		tag = image->descriptor.name;
	return r == 0 ? oci_propose(source, tag, path) : r;
}

static int fill_source(const struct members *members, const struct oci_image *image,
		       const struct oci_platform *platform, const char *label,
		       struct source *source, struct err *err)
{
	struct source_texts diff_ids = { .count = 0 };
	int r = read_config(members, image->manifest, platform, source, &diff_ids, err);

	if (r == 0)
		r = add_layers(members, image->manifest, &diff_ids, label, source, err);
	source_texts_done(&diff_ids);
	return r;
}

static int open_image(const struct source_transport *transport,
		      const struct members *members, const char *path, const char *ref,
		      const char *platform_text, struct source *source, struct err *err)
{
	struct oci_image image = { .manifest = NULL };
	struct oci_platform platform;
	char buf[64], *label = NULL;
	int r = platform_text ? oci_platform_parse(platform_text, buf, &platform, err)
			      : 0;

	if (r == 0)
		r = oci_find(members, ref, platform_text ? &platform : NULL, &image, err);
	if (r == 0 && make_names(transport, path, ref, &image, source, &label) < 0)
		r = err_errno(err, -ENOMEM, "%s", path);
	if (r == 0)
		r = fill_source(members, &image, platform_text ? &platform : NULL, label,
				source, err);
	free(label);
	oci_image_done(&image);
	return r;
}

static int oci_open(const struct source_transport *transport,
		    struct members *(*open_members)(const char *, uint64_t, int *,
						    struct err *),
		    const char *rest, const struct source_options *options,
		    struct source *source, struct err *err)
{
	struct members *members = NULL;
	const char *ref = NULL;
	char *path = NULL;
	int r = oci_split(rest, &path, &ref);

	if (r == 0)
		members = open_members(path, options->limit_bytes, &r, err);
	if (r == 0)
		r = open_image(transport, members, path, ref, options->platform, source,
			       err);
	members_free(members);
	free(path);
	return r;
}

extern const struct source_transport source_oci, source_oci_archive;

static int dir_open(const char *rest, const struct source_options *options,
		    struct source *source, struct err *err)
{
	return oci_open(&source_oci, members_open_dir, rest, options, source, err);
}

static int archive_open(const char *rest, const struct source_options *options,
			struct source *source, struct err *err)
{
	return oci_open(&source_oci_archive, members_open_archive, rest, options, source,
			err);
}

const struct source_transport source_oci = { "oci", "DIR[:REF]", dir_open };
const struct source_transport source_oci_archive = { "oci-archive", "FILE[:REF]",
						     archive_open };
