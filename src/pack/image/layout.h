/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A Lamina image that went through a registry: the same manifest, signature and layers, but as
 * blobs of an OCI layout, in whatever order the tool that copied it liked.
 */
#include <stdbool.h>

#include "base/err.h"
#include "pack/image/image.h"
#include "pack/source/members.h"

struct layout_image {
	struct members *members; /* owned */
	struct image *image;	 /* borrowed: what layout_open() fills */
};

/* Is @spec "oci:..." or "oci-archive:..."? */
bool layout_is_spec(const char *spec);

/* Opens it and reads manifest and signature. 0, -EBADMSG, -ENOTSUP for an image that isn't
 * Lamina's. Needs layout_done() in either case. */
int layout_open(const char *spec, struct layout_image *from, struct err *err);

/* Copies layer @layer to @out_fd and checks it. 0, -EBADMSG, -errno. */
int layout_copy_blob(const struct layout_image *from, size_t layer, int out_fd,
		     struct err *err);
void layout_done(struct layout_image *from);
