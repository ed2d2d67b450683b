/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/image/layout.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "format/media.h"
#include "pack/image/bundle.h"
#include "pack/source/doc.h"
#include "pack/source/oci.h"
#include "store/store.h"

bool layout_is_spec(const char *spec)
{
	return strncmp(spec, "oci:", 4) == 0 || strncmp(spec, "oci-archive:", 12) == 0;
}

static int read_manifest(const struct members *members, const struct oci_descriptor *blob,
			 struct image *image, struct err *err)
{
	char name[80], *bytes = NULL;
	size_t size = 0;
	int r;

	oci_blob_name(blob, name);
	r = members_read(members, name, sizeof(image->text), &bytes, &size, err);
	if (r < 0)
		return r;
	memcpy(image->text, bytes, size);
	image->size = size;
	free(bytes);
	r = image_parse(image, err);
	if (r == 0 && strcmp(DIGEST_HEX(&image->id), blob->digest + 7) != 0)
		return err_set(err, -EBADMSG, "%s: its sha256 is not what its name says",
			       name);
	return r;
}

static int read_signature(const json_t *manifest, struct image *image, struct err *err)
{
	const json_t *annotations = NULL;
	const char *text = NULL;
	int r = doc_object(manifest, "annotations", &annotations, err);

	if (r == 0)
		r = doc_string(annotations, BUNDLE_SIGNATURE_KEY, &text, err);
	if (r == 0 && (!text || !*text))
		return err_set(err, -ENOKEY, "has no annotation %s: not signed",
			       BUNDLE_SIGNATURE_KEY);
	if (r < 0)
		return r;
	if (strlen(text) > sizeof(image->signature_text))
		return err_set(err, -EBADMSG, "%s: too long", BUNDLE_SIGNATURE_KEY);
	image->signature_size = strlen(text);
	memcpy(image->signature_text, text, image->signature_size);
	return 0;
}

/* The first layer, or what the first bundles had as their config. What else is there, of types that
 * nobody knows here, is passed over: the manifest says what is needed. */
static int find_manifest(const json_t *image, struct oci_descriptor *ret_manifest,
			 struct err *err)
{
	const json_t *layers = json_object_get(image, "layers");
	struct oci_descriptor config, first = { .type = "" };
	int r = oci_descriptor_parse(json_object_get(image, "config"), &config, err);

	if (r == 0 && json_array_size(layers) > 0)
		r = oci_descriptor_parse(json_array_get(layers, 0), &first, err);
	if (r < 0)
		return r;
	*ret_manifest = strcmp(config.type, MEDIA_MANIFEST) == 0 ? config : first;
	if (strcmp(ret_manifest->type, MEDIA_MANIFEST) == 0)
		return 0;
	return err_set(err, -ENOTSUP, "no Lamina image: `lamina pack` makes one of it");
}

static int read_image(struct layout_image *from, const char *ref, struct err *err)
{
	struct oci_image found = { .manifest = NULL };
	struct oci_descriptor manifest;
	int r = oci_find(from->members, ref, NULL, &found, err);

	if (r == 0)
		r = find_manifest(found.manifest, &manifest, err);
	if (r == 0)
		r = read_signature(found.manifest, from->image, err);
	if (r == 0)
		r = read_manifest(from->members, &manifest, from->image, err);
	oci_image_done(&found);
	return r;
}

int layout_open(const char *spec, struct layout_image *from, struct err *err)
{
	const char *rest = strchr(spec, ':') + 1, *ref = NULL;
	char *path = NULL;
	int r = oci_split(rest, &path, &ref);

	from->members = NULL;
	if (r == 0)
		from->members =
			spec[3] == ':'
				? members_open_dir(path, SOURCE_LIMIT_BYTES, &r, err)
				: members_open_archive(path, SOURCE_LIMIT_BYTES, &r, err);
	if (r == 0)
		r = read_image(from, ref, err);
	free(path);
	return r;
}

int layout_copy_blob(const struct layout_image *from, size_t index, int out_fd,
		     struct err *err)
{
	struct manifest_blob blob = { 0 };
	char path[STORE_BLOB_PATH_SIZE];
	uint64_t offset, size;
	struct digest hash;
	__fd int fd = -EBADF;
	int r;

	(void)manifest_blob(&from->image->manifest, index, &blob);
	fd = members_open(from->members, store_blob_path(blob.digest, path), &offset,
			  &size, err);
	if (fd < 0)
		return fd;
	if (size != blob.size_bytes)
		return err_set(err, -EBADMSG, "has %llu bytes, the manifest says %llu",
			       (unsigned long long)size,
			       (unsigned long long)blob.size_bytes);
	r = sha256_copy(fd, offset, size, out_fd, &hash);
	if (r < 0)
		return err_errno(err, r, "copying it");
	if (!digest_equal(&hash, blob.digest))
		return err_set(err, -EBADMSG, "its sha256 is not what its name says");
	return 0;
}

void layout_done(struct layout_image *from)
{
	members_free(from->members);
	from->members = NULL;
}
