/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/source/oci.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "pack/source/doc.h"

static int read_digest(const char *text, struct oci_descriptor *d, struct err *err)
{
	if (!text)
		return err_set(err, -EBADMSG, "a descriptor without a digest");
	if (strncmp(text, "sha512:", 7) == 0)
		return err_set(err, -ENOTSUP,
			       "%.24s...: only sha256 digests are supported", text);
	if (strncmp(text, "sha256:", 7) != 0 ||
	    digest_parse(text + 7, strlen(text + 7), &d->hash) < 0)
		return err_set(err, -EBADMSG, "'%.80s' is not a digest", text);
	(void)stpcpy(d->digest, text);
	return 0;
}

static int read_platform(const json_t *json, struct oci_platform *platform,
			 struct err *err)
{
	const json_t *object = NULL;
	int r = doc_object(json, "platform", &object, err);

	if (r == 0)
		r = doc_string(object, "os", &platform->os, err);
	if (r == 0)
		r = doc_string(object, "architecture", &platform->arch, err);
	if (r == 0)
		r = doc_string(object, "variant", &platform->variant, err);
	return r;
}

static int read_annotations(const json_t *json, struct oci_descriptor *d, struct err *err)
{
	const json_t *annotations = NULL;
	const char *kind = NULL;
	int r = doc_object(json, "annotations", &annotations, err);

	if (r == 0)
		r = doc_string(annotations, "org.opencontainers.image.ref.name", &d->ref,
			       err);
	/* containerd's, with registry and all, where the other has the tag alone */
	if (r == 0)
		r = doc_string(annotations, "io.containerd.image.name", &d->name, err);
	/* BuildKit's: platform unknown/unknown, layers that are no file system */
	if (r == 0)
		r = doc_string(annotations, "vnd.docker.reference.type", &kind, err);
	d->attestation = kind != NULL;
	return r;
}

int oci_descriptor_parse(const json_t *json, struct oci_descriptor *ret_descriptor,
			 struct err *err)
{
	struct oci_descriptor d = { .type = NULL };
	const char *digest = NULL;
	int r;

	if (!json_is_object(json))
		return err_set(err, -EBADMSG, "a descriptor is not an object");
	r = doc_string(json, "digest", &digest, err);
	if (r == 0)
		r = read_digest(digest, &d, err);
	if (r == 0)
		r = doc_string(json, "mediaType", &d.type, err);
	if (r == 0)
		r = doc_number(json, "size", &d.size_bytes, err);
	if (r == 0)
		r = read_platform(json, &d.platform, err);
	if (r == 0)
		r = read_annotations(json, &d, err);
	if (r < 0)
		return r;
	if (!d.type)
		d.type = "";
	*ret_descriptor = d;
	return 0;
}

void oci_blob_name(const struct oci_descriptor *descriptor, char ret_name[80])
{
	(void)snprintf(ret_name, 80, "blobs/sha256/%s", descriptor->digest + 7);
}

static json_t *read_checked(const struct members *members, const struct oci_descriptor *d,
			    const char *name, int *ret_errno, struct err *err)
{
	struct digest hash;
	char *bytes = NULL;
	size_t size = 0;
	json_t *doc = NULL;

	*ret_errno = members_read(members, name, DOC_MAX_SIZE, &bytes, &size, err);
	if (*ret_errno < 0)
		return NULL;
	*ret_errno = sha256_of(bytes, size, &hash);
	if (size != d->size_bytes)
		*ret_errno = err_set(err, -EBADMSG,
				     "%s: has %zu bytes, not the %llu that are said",
				     name, size, (unsigned long long)d->size_bytes);
	else if (*ret_errno == 0 && !digest_equal(&hash, &d->hash))
		*ret_errno = err_set(err, -EBADMSG,
				     "%s: its sha256 is not what its name says", name);
	if (*ret_errno == 0) {
		doc = doc_parse(bytes, size, err);
		if (!doc)
			*ret_errno = err_wrap(err, -EBADMSG, "%s", name);
	}
	free(bytes);
	return doc;
}

json_t *oci_read_blob(const struct members *members,
		      const struct oci_descriptor *descriptor, int *ret_errno,
		      struct err *err)
{
	char name[80];

	oci_blob_name(descriptor, name);
	return read_checked(members, descriptor, name, ret_errno, err);
}
