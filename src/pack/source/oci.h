/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The OCI image layout: index, manifests, configs, in a directory or an archive. Docker's names
 * for the same things are understood as well.
 * Source: github.com/opencontainers/image-spec, 1.1: image-layout.md, image-index.md,
 * manifest.md, config.md.
 *
 * Rule: nothing of a blob is looked at before its size and its digest are right.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "pack/source/members.h"
#include "pack/source/source.h"

#define OCI_DIGEST_SIZE (7 + DIGEST_HEX_SIZE) /* "sha256:<hex>" */

struct oci_platform {
	const char *os, *arch, *variant; /* NULL: not said */
};

struct oci_descriptor {
	const char *type; /* media type, "" when there is none */
	char digest[OCI_DIGEST_SIZE];
	struct digest hash;
	uint64_t size_bytes;
	struct oci_platform platform;
	const char *ref; /* org.opencontainers.image.ref.name or NULL */
	const char
		*name; /* io.containerd.image.name or NULL: "docker.io/library/app:1.0" */
	bool attestation; /* about an image, not one */
};

/* Reads a descriptor; texts are borrowed from @json. 0, -EBADMSG, -ENOTSUP (another digest than
 * sha256). */
int oci_descriptor_parse(const json_t *json, struct oci_descriptor *ret_descriptor,
			 struct err *err);

/* "blobs/sha256/<hex>" */
void oci_blob_name(const struct oci_descriptor *descriptor, char ret_name[80]);

/* Reads and checks a JSON blob. NULL with a text and *ret_errno. The caller owns it. */
json_t *oci_read_blob(const struct members *members,
		      const struct oci_descriptor *descriptor, int *ret_errno,
		      struct err *err);

/* Takes "os/arch[/variant]" apart; texts live in @buf. 0 or -EINVAL. */
int oci_platform_parse(const char *text, char buf[64], struct oci_platform *ret_platform,
		       struct err *err);
/* Is @have, where it says anything, what is asked for? */
bool oci_platform_fits(const struct oci_platform *asked, const struct oci_platform *have);

struct oci_image {
	struct oci_descriptor descriptor; /* of the manifest; its texts are in index */
	json_t *manifest;		  /* owned */
	json_t **docs;			  /* owned: the indexes read on the way to it */
	size_t doc_count;
};

/*
 * Finds the one image of the layout that @ref (a tag, a digest, or NULL) and @platform (or NULL)
 * leave. 0; -ENOENT or -ENOTUNIQ with what there is to choose from; -EBADMSG; -E2BIG. Needs
 * oci_image_done() in either case; starts zeroed.
 */
int oci_find(const struct members *members, const char *ref,
	     const struct oci_platform *platform, struct oci_image *image,
	     struct err *err);
void oci_image_done(struct oci_image *image);

/* Fills @config from an image config. @ret_diff_ids gets "sha256:..." texts. 0, -EBADMSG,
 * -ENOTSUP for another operating system than linux. */
int oci_config_parse(const json_t *json, struct source_config *config,
		     struct source_texts *diff_ids, struct err *err);

/* Does the reference @have answer to @asked? Docker's rules: "docker.io/library/app" is "app",
 * and without a tag "latest" is meant. */
bool oci_same_reference(const char *asked, const char *have);

/* Or to something shorter: the last name ("app", "app:1.0"), or the tag alone ("1.0"). */
bool oci_short_reference(const char *asked, const char *have);

/* Proposes name and version from a reference such as "registry/app:1.2"; @otherwise is a path to
 * take the name from. 0 or -ENOMEM. */
int oci_propose(struct source *source, const char *reference, const char *otherwise);

/* "DIR:REF" taken apart: *ret_path is the caller's, *ret_ref borrowed or NULL. */
int oci_split(const char *rest, char **ret_path, const char **ret_ref);
