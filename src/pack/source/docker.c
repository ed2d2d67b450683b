/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The transport docker-archive:, what `docker save` writes. manifest.json names config
 * and layers of each image by their place in the archive: HEX/layer.tar with older
 * engines, often a link, blobs/sha256/HEX with newer ones.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "pack/source/doc.h"
#include "pack/source/members.h"
#include "pack/source/oci.h"
#include "pack/source/source.h"

/* --- which image
 * ----------------------------------------------------------------------------- */

/* The tag of @image that is @ref; with no @ref, its first. NULL if there is none. */
static const char *tag_of(const json_t *image, const char *ref)
{
	const json_t *tags = json_object_get(image, "RepoTags");

	for (size_t i = 0; i < json_array_size(tags); i++) {
		const char *tag = json_string_value(json_array_get(tags, i));

		if (tag && (!ref || oci_same_reference(ref, tag)))
			return tag;
	}
	return NULL;
}

static int no_choice(const json_t *list, const char *ref, struct err *err)
{
	char text[180];
	struct str names;

	str_init(&names, text, sizeof(text));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *tags = json_object_get(json_array_get(list, i), "RepoTags");

		if (json_array_size(tags) == 0)
			str_addf(&names, "%s@%zu", names.used ? ", " : "", i);
		for (size_t j = 0; j < json_array_size(tags); j++) {
			const char *tag = json_string_value(json_array_get(tags, j));

			str_addf(&names, "%s%.80s", names.used ? ", " : "",
				 tag ? tag : "?");
		}
	}
	if (ref)
		return err_set(err, -ENOENT, "no image '%.60s'; there are: %s", ref,
			       text);
	return err_set(err, -ENOTUNIQ, "holds several images, name one: %s", text);
}

/* "@2", counted from 0, for images without a tag. */
static const json_t *by_number(const json_t *list, const char *ref)
{
	uint64_t number;

	if (!ref || ref[0] != '@' || str_number(ref + 1, strlen(ref + 1), &number) < 0)
		return NULL;
	return number < json_array_size(list) ? json_array_get(list, (size_t)number)
					      : NULL;
}

static int choose(const json_t *list, const char *ref, const json_t **ret_image,
		  struct err *err)
{
	const json_t *image = by_number(list, ref);
	size_t count = json_array_size(list);

	if (!json_is_array(list) || count == 0)
		return err_set(err, -EBADMSG, "manifest.json: lists no images");
	if (!ref && count == 1)
		image = json_array_get(list, 0);
	for (size_t i = 0; ref && !image && i < count; i++)
		if (tag_of(json_array_get(list, i), ref))
			image = json_array_get(list, i);
	if (!image)
		return no_choice(list, ref, err);
	if (!json_is_object(image))
		return err_set(err, -EBADMSG, "manifest.json: an image is not an object");
	*ret_image = image;
	return 0;
}

/* --- its config and layers
 * ------------------------------------------------------------------- */

/* The digest that a member's name promises: HEX.json or blobs/sha256/HEX. */
static bool name_digest(const char *name, struct digest *ret_hash)
{
	const char *slash = strrchr(name, '/');
	const char *hex = slash ? slash + 1 : name;
	size_t size = strcspn(hex, ".");

	if (hex[size] && strcmp(hex + size, ".json") != 0)
		return false;
	return digest_parse(hex, size, ret_hash) == 0;
}

static json_t *read_config(const struct members *members, const char *name,
			   int *ret_errno, char ret_digest[OCI_DIGEST_SIZE],
			   struct err *err)
{
	struct digest hash, promised;
	char *bytes = NULL;
	size_t size = 0;
	json_t *doc = NULL;

	*ret_errno = members_read(members, name, DOC_MAX_SIZE, &bytes, &size, err);
	if (*ret_errno < 0)
		return NULL;
	*ret_errno = sha256_of(bytes, size, &hash);
	if (*ret_errno == 0 && name_digest(name, &promised) &&
	    !digest_equal(&hash, &promised))
		*ret_errno = err_set(err, -EBADMSG,
				     "%s: its sha256 is not what its name says", name);
	if (*ret_errno == 0) {
		(void)stpcpy(ret_digest, "sha256:");
		digest_hex(&hash, ret_digest + 7);
		doc = doc_parse(bytes, size, err);
		if (!doc)
			*ret_errno = err_wrap(err, -EBADMSG, "%s", name);
	}
	free(bytes);
	return doc;
}

static int add_layer(const struct members *members, const char *name, const char *diff_id,
		     const char *label, struct source *source, struct err *err)
{
	struct source_layer *layer;
	uint64_t offset, size;
	char *text = NULL;
	int fd = members_open(members, name, &offset, &size, err);

	if (fd < 0)
		return fd;
	if (asprintf(&text, "%.19s of %s", diff_id, label) < 0)
		text = NULL;
	layer = source_add_layer(source, SOURCE_TAR, fd, text ? text : diff_id);
	free(text);
	if (!layer)
		return err_errno(err, -ENOMEM, "%s", name);
	layer->offset = offset;
	layer->size_bytes = size;
	layer->has_digest = strncmp(name, "blobs/sha256/", 13) == 0 &&
			    name_digest(name, &layer->digest);
	layer->has_diff_id =
		strncmp(diff_id, "sha256:", 7) == 0 &&
		digest_parse(diff_id + 7, strlen(diff_id + 7), &layer->diff_id) == 0;
	if (!layer->has_diff_id)
		return err_set(err, -EBADMSG, "'%.80s' is not a diff id", diff_id);
	return 0;
}

static int add_layers(const struct members *members, const json_t *image,
		      const struct source_texts *diff_ids, const char *label,
		      struct source *source, struct err *err)
{
	struct source_texts names = { .count = 0 };
	int r = doc_texts(image, "Layers", &names, err);

	if (r == 0 && names.count != diff_ids->count)
		r = err_set(err, -EBADMSG,
			    "manifest.json has %zu layers, the config %zu diff ids",
			    names.count, diff_ids->count);
	for (size_t i = 0; r == 0 && i < names.count; i++) {
		r = add_layer(members, names.items[i], diff_ids->items[i], label, source,
			      err);
		if (r < 0)
			r = err_wrap(err, r, "layer %zu", i);
	}
	source_texts_done(&names);
	return r;
}

static int check_platform(const char *text, const struct source_config *c,
			  struct err *err)
{
	struct oci_platform asked, have = { c->os, c->arch, c->variant };
	char buf[64];
	int r = text ? oci_platform_parse(text, buf, &asked, err) : 0;

	if (r == 0 && text && !oci_platform_fits(&asked, &have))
		return err_set(err, -ENOENT, "is for %s/%s, not for %s",
			       c->os ? c->os : "?", c->arch ? c->arch : "?", text);
	return r;
}

static int make_names(const char *path, const char *tag, const char *digest,
		      struct source *source, char **ret_label)
{
	const char *slash = strrchr(path, '/');
	const char *file = slash && slash[1] ? slash + 1 : path;
	char *provenance = NULL;
	int r;

	if (asprintf(ret_label, "docker-archive:%s%s%s", file, tag ? ":" : "",
		     tag ? tag : "") < 0) {
		*ret_label = NULL;
		return -ENOMEM;
	}
	if (asprintf(&provenance, "%s@%s", *ret_label, digest) < 0)
		return -ENOMEM;
	r = source_set(&source->provenance, provenance);
	free(provenance);
	return r == 0 ? oci_propose(source, tag, path) : r;
}

static int fill_source(const struct members *members, const json_t *image,
		       const char *path, const char *ref,
		       const struct source_options *options, struct source *source,
		       struct err *err)
{
	struct source_texts diff_ids = { .count = 0 };
	char digest[OCI_DIGEST_SIZE], *label = NULL;
	const char *config = NULL;
	__doc json_t *doc = NULL;
	int r = doc_string(image, "Config", &config, err);

	if (r == 0 && !config)
		r = err_set(err, -EBADMSG, "manifest.json: an image without \"Config\"");
	if (r == 0)
		doc = read_config(members, config, &r, digest, err);
	if (r == 0)
		r = oci_config_parse(doc, &source->config, &diff_ids, err);
	if (r == 0)
		r = check_platform(options->platform, &source->config, err);
	if (r == 0 && make_names(path, tag_of(image, ref && ref[0] == '@' ? NULL : ref),
				 digest, source, &label) < 0)
		r = err_errno(err, -ENOMEM, "%s", path);
	if (r == 0)
		r = add_layers(members, image, &diff_ids, label, source, err);
	source_texts_done(&diff_ids);
	free(label);
	return r;
}

static int read_archive(const struct members *members, const char *path, const char *ref,
			const struct source_options *options, struct source *source,
			struct err *err)
{
	const json_t *image = NULL;
	char *bytes = NULL;
	size_t size = 0;
	int r = members_read(members, "manifest.json", DOC_MAX_SIZE, &bytes, &size, err);

	if (r == -ENOENT && members_has(members, "repositories"))
		return err_set(err, -ENOTSUP,
			       "no manifest.json: saved by a Docker before 1.10");
	if (r == -ENOENT && members_has(members, "index.json"))
		return err_set(err, -ENOTSUP,
			       "no manifest.json, but an OCI image layout");
	if (r < 0)
		return r;
	__doc json_t *list = doc_parse(bytes, size, err);

	free(bytes);
	if (!list)
		return err_wrap(err, -EBADMSG, "manifest.json");
	r = choose(list, ref, &image, err);
	return r == 0 ? fill_source(members, image, path, ref, options, source, err) : r;
}

static int docker_open(const char *rest, const struct source_options *options,
		       struct source *source, struct err *err)
{
	struct members *members = NULL;
	const char *ref = NULL;
	char *path = NULL;
	int r = oci_split(rest, &path, &ref);

	if (r == 0)
		members = members_open_archive(path, options->limit_bytes, &r, err);
	if (r == 0)
		r = read_archive(members, path, ref, options, source, err);
	members_free(members);
	free(path);
	return r;
}

extern const struct source_transport source_docker;
const struct source_transport source_docker = { "docker-archive", "FILE[:REF]",
						docker_open };
