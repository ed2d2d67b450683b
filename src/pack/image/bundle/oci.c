/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/image/bundle.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "format/media.h"

static json_t *descriptor(const char *type, const struct digest *hash, uint64_t size)
{
	return json_pack("{s:s, s:s+, s:I}", "mediaType", type, "digest",
			 "sha256:", DIGEST_HEX(hash), "size", (json_int_t)size);
}

static int append(json_t *list, const char *type, const struct digest *hash,
		  uint64_t size)
{
	return json_array_append_new(list, descriptor(type, hash, size));
}

/* Behind all that an image needs: who doesn't know them passes over. */
static int append_deltas(json_t *list, const struct delta_list *deltas)
{
	int r = 0;

	for (size_t i = 0; r == 0 && deltas && i < deltas->count; i++) {
		const struct deltas_line *line = &deltas->deltas[i].line;
		json_t *json = descriptor(MEDIA_DELTA, &line->delta, line->size_bytes);

		r = json_object_set_new(json, "annotations",
					json_pack("{s:s+, s:s+}", BUNDLE_DELTA_FROM_KEY,
						  "sha256:", DIGEST_HEX(&line->base),
						  BUNDLE_DELTA_TO_KEY,
						  "sha256:", DIGEST_HEX(&line->layer)));
		if (r == 0)
			r = json_array_append(list, json);
		json_decref(json);
	}
	return r;
}

/* The manifest first: whoever has read it and the signature knows what the rest must be. */
static json_t *layer_list(const struct image *image)
{
	static const char *const types[] = {
		[MANIFEST_BLOB_LAYER] = MEDIA_LAYER,
		[MANIFEST_BLOB_MEMBER] = MEDIA_MANIFEST,
		[MANIFEST_BLOB_BOOT] = MEDIA_BOOT,
	};
	const struct manifest *manifest = &image->manifest;
	json_t *list = json_array();
	struct manifest_blob blob;
	int r = append(list, MEDIA_MANIFEST, &image->id, image->size);

	for (size_t i = 0; r == 0 && manifest_blob(manifest, i, &blob); i++)
		r = append(list, types[manifest_blob_kind(manifest, i)], blob.digest,
			   blob.size_bytes);
	if (r == 0 && image->channel_size) {
		struct digest hash;

		r = sha256_of(image->channel, image->channel_size, &hash);
		if (r == 0)
			r = append(list, MEDIA_CHANNEL, &hash, image->channel_size);
	}
	if (r == 0)
		r = append_deltas(list, image->deltas);
	if (r == 0)
		return list;
	json_decref(list);
	return NULL;
}

static int dump(json_t *json, char **ret_text)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	json_decref(json);
	if (!text)
		return -ENOMEM;
	*ret_text = text;
	return 0;
}

/* The signature is an annotation and not a blob, so that a registry can't serve the image
 * without it. */
static json_t *annotations(const struct image *image)
{
	/* a version of bytes that aren't UTF-8 has no JSON string and is left out */
	return json_pack("{s:s#, s:s, s:o*}", BUNDLE_SIGNATURE_KEY, image->signature_text,
			 (int)image->signature_size, "org.opencontainers.image.title",
			 image->manifest.name, "org.opencontainers.image.version",
			 json_string(image->manifest.version));
}

/* What registries and their tools ask a config for, and nothing else: some refuse one of any other
 * type. */
int bundle_oci_config(const struct image *image, char **ret_text)
{
	json_t *ids = json_array(), *list = layer_list(image), *layer;
	size_t i;

	json_array_foreach (list, i, layer)
		(void)json_array_append(ids, json_object_get(layer, "digest"));
	json_decref(list);
	if (json_array_size(ids) == 0) {
		json_decref(ids);
		return -ENOMEM;
	}
	return dump(json_pack("{s:s, s:s, s:{s:s, s:o}}", "architecture",
			      image->manifest.arch, "os", "linux", "rootfs", "type",
			      "layers", "diff_ids", ids),
		    ret_text);
}

int bundle_oci_manifest(const struct image *image, const char *config, char **ret_text)
{
	struct digest hash;

	if (sha256_of(config, strlen(config), &hash) < 0)
		return -EIO;
	return dump(json_pack("{s:i, s:s, s:o, s:o, s:o}", "schemaVersion", 2,
			      "mediaType", MEDIA_OCI_MANIFEST, "config",
			      descriptor(MEDIA_OCI_CONFIG, &hash, strlen(config)),
			      "layers", layer_list(image), "annotations",
			      annotations(image)),
		    ret_text);
}

const char *bundle_tag(const char *version)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789._-";
	size_t size = strlen(version);

	if (size == 0 || size > 128 || strspn(version, allowed) != size ||
	    version[0] == '.' || version[0] == '-')
		return "latest";
	return version;
}

int bundle_oci_index(const struct image *image, const char *manifest, char **ret_text)
{
	struct digest hash;
	json_t *entry;

	if (sha256_of(manifest, strlen(manifest), &hash) < 0)
		return -EIO;
	entry = descriptor(MEDIA_OCI_MANIFEST, &hash, strlen(manifest));
	if (entry &&
	    json_object_set_new(entry, "annotations",
				json_pack("{s:s}", "org.opencontainers.image.ref.name",
					  bundle_tag(image->manifest.version))) < 0) {
		json_decref(entry);
		return -ENOMEM;
	}
	return dump(json_pack("{s:i, s:[o]}", "schemaVersion", 2, "manifests", entry),
		    ret_text);
}
