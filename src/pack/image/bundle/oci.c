/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/image/bundle.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "format/media.h"

#define DIGEST_TEXT_SIZE (7 + DIGEST_HEX_SIZE)

static json_t *descriptor(const char *type, const struct digest *hash, uint64_t size)
{
	char digest[DIGEST_TEXT_SIZE] = "sha256:";

	digest_hex(hash, digest + 7);
	return json_pack("{s:s, s:s, s:I}", "mediaType", type, "digest", digest, "size",
			 (json_int_t)size);
}

static json_t *layer_list(const struct manifest *manifest)
{
	static const char *const types[] = {
		[MANIFEST_BLOB_LAYER] = MEDIA_LAYER,
		[MANIFEST_BLOB_MEMBER] = MEDIA_MANIFEST,
		[MANIFEST_BLOB_BOOT] = MEDIA_BOOT,
	};
	json_t *list = json_array();
	struct manifest_blob blob;

	for (size_t i = 0; list && manifest_blob(manifest, i, &blob); i++) {
		const char *type = types[manifest_blob_kind(manifest, i)];

		if (json_array_append_new(
			    list, descriptor(type, blob.digest, blob.size_bytes)) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
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

int bundle_oci_manifest(const struct image *image, char **ret_text)
{
	struct digest hash;

	if (sha256_of(image->text, image->size, &hash) < 0)
		return -EIO;
	return dump(json_pack("{s:i, s:s, s:o, s:o, s:o}", "schemaVersion", 2,
			      "mediaType", "application/vnd.oci.image.manifest.v1+json",
			      "config", descriptor(MEDIA_MANIFEST, &hash, image->size),
			      "layers", layer_list(&image->manifest), "annotations",
			      annotations(image)),
		    ret_text);
}

/* A tag that registries take, or "latest". */
static const char *tag_of(const char *version)
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
	entry = descriptor("application/vnd.oci.image.manifest.v1+json", &hash,
			   strlen(manifest));
	if (entry &&
	    json_object_set_new(entry, "annotations",
				json_pack("{s:s}", "org.opencontainers.image.ref.name",
					  tag_of(image->manifest.version))) < 0) {
		json_decref(entry);
		return -ENOMEM;
	}
	return dump(json_pack("{s:i, s:[o]}", "schemaVersion", 2, "manifests", entry),
		    ret_text);
}
