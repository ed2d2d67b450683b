/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * An image as one file that streams: the signed manifest first, then the layers, then what
 * makes the same file an OCI archive for skopeo and registries. lamina-bundle(5) is the format's
 * source.
 *
 * Rule for reading: entries in the one order, headers in the one spelling, every byte accounted
 * for by the manifest; anything else is refused. The readers take @fd where it stands and need
 * no seeking unless they say so.
 */
#include <stdint.h>

#include "base/err.h"
#include "pack/image/delta.h"
#include "pack/image/image.h"

/* Writes the whole bundle, but for the blobs that image->absent leaves out, and @deltas (NULL: none).
 * @store holds the blobs; each is hashed on its way, and one that isn't what the manifest says fails.
 * @image must be signed. 0 or -errno. */
int bundle_write(int fd, int store, const struct image *image,
		 const struct delta_list *deltas, struct err *err);

/* Reads manifest and signature, and what is left out, into image->absent; and deltas into @deltas, which
 * needs delta_list_done() in either case, or, with NULL, passes over them. 0, -EBADMSG or -errno. */
int bundle_read_head(int fd, struct image *image, struct delta_list *deltas,
		     struct err *err);

/* Reads the next layer, which must be @layer, and hashes it; writes it to @out_fd unless that is
 * negative. A layer that is not image_blob_bundled() is not there: don't ask. A text doesn't
 * say which layer it is. */
int bundle_read_blob(int fd, const struct image *image, size_t layer, int out_fd,
		     struct err *err);

/* Passes over the layer instead, in a file that can seek, and tells where its bytes are. */
int bundle_skip_blob(int fd, const struct image *image, size_t layer,
		     uint64_t *ret_offset, struct err *err);

/* Reads what follows the layers, to the end of the file. */
int bundle_read_tail(int fd, const struct image *image, struct err *err);

/* --- the OCI side ---------------------------------------------------------------------- */

/* What an image of this version is tagged: the version where registries take that, or "latest". */
const char *bundle_tag(const char *version);

#define BUNDLE_SIGNATURE_KEY "org.lamina.signature"
#define BUNDLE_DELTA_FROM_KEY "org.lamina.delta.from"
#define BUNDLE_DELTA_TO_KEY "org.lamina.delta.to"
#define BUNDLE_LAYOUT_TEXT "{\"imageLayoutVersion\":\"1.0.0\"}"

/* The OCI config and image manifest of @image, and the index that names it, as JSON texts that the
 * caller frees; each holds the one before. The same image gives the same bytes. 0 or -ENOMEM. */
int bundle_oci_config(const struct image *image, char **ret_text);
int bundle_oci_manifest(const struct image *image, const char *config, char **ret_text);
int bundle_oci_index(const struct image *image, const char *manifest, char **ret_text);
