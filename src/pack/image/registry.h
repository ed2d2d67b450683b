/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * An image as a registry has it: blobs that are named by their digests, and the OCI manifest that
 * tells which. lamina-bundle(5) is the shape's source.
 */
#include "base/err.h"
#include "pack/image/place.h"

/* Where blobs go. */
struct registry {
	int dir;	    /* borrowed */
	const char *prefix; /* before the 64 digits of a blob's name below it */
	const char *
		linked; /* the place's store, an absolute path: its blobs become links that lead
			       there; or NULL: copies */
};

/* Has the image go to registries with the channel's word of file @path, which must be about it. Not
 * for two images at a time. 0, -EINVAL, or -errno. */
int registry_add_channel(struct image *image, const char *path, struct err *err);

/* Writes all blobs of the signed image that @place has, but for those that are there already, as
 * hashing them tells. Returns the OCI manifest in *ret_manifest, the caller's to free, which is
 * written nowhere. 0; -EBADMSG: a blob is not what the image says; -errno. */
int registry_write(const struct registry *to, const struct place *place,
		   char **ret_manifest, struct err *err);

/* Writes a text as the file @name of @dir, whole or not at all. 0 or -errno. */
int registry_write_text(int dir, const char *name, const char *text, size_t size,
			struct err *err);

/* The same as an OCI layout of that one image in the empty directory @path. @store: the place's
 * store, which has to stay while the layout is used, or NULL. */
int registry_write_layout(const char *path, const struct place *place, const char *store,
			  struct err *err);

/* Is @spec "docker://..."? */
bool registry_is_spec(const char *spec);

/* Has skopeo copy an image. What it says goes to standard error. 0 or -errno. */
int registry_copy(const char *from, const char *to, struct err *err);
