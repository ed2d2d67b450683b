/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * An image on the workstation: the exact bytes of its manifest and signature file beside what
 * they say. Here, unlike on a device, a manifest is read before a signature holds: people look
 * at unsigned images, and sign them. The parser is made for hostile bytes.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "format/deltas.h"
#include "format/keyring.h"
#include "format/manifest.h"
#include "format/signature.h"
#include "trust/sha256.h"

struct delta_list;

struct image {
	struct digest id; /* sha256 of text */
	char text[MANIFEST_MAX_SIZE];
	size_t size;
	char signature_text[SIGNATURE_MAX_SIZE];
	size_t signature_size; /* 0: not signed */
	struct signature_file signatures;
	struct manifest manifest;
	const struct delta_list
		*deltas; /* that go with it in a registry; borrowed, or NULL */
	const char *
		channel; /* a channel's word beside it in a registry; borrowed, or NULL */
	size_t channel_size;
	bool absent[MANIFEST_MAX_BLOBS];      /* left out of the bundle that it is in */
	char bundled_deltas[DELTAS_MAX_SIZE]; /* the text of those that are in it */
	size_t bundled_deltas_size;
};

struct image *image_new(void);
void image_free(struct image *image);

static inline void image_free_scope(struct image **image)
{
	image_free(*image);
}

#define __image __attribute__((cleanup(image_free_scope)))

/* Makes id, signatures and manifest of text and signature_text. 0 or -EBADMSG. */
int image_parse(struct image *image, struct err *err);

/* The image of @store whose id begins with @prefix; a NULL prefix means the only one there is.
 * 0; -ENOENT; -ENOTUNIQ, with the ids to choose from. */
int image_pick(int store, const char *prefix, struct digest *ret_id, struct err *err);

/* Reads image @id of @store into @image. 0, -ENOENT, -EBADMSG (also for a manifest that isn't
 * what its name says), -errno. */
int image_load(int store, const struct digest *id, struct image *image, struct err *err);

/* A file beside the manifest of image @id, by its name. Its size; -ENOENT; -EBADMSG: larger than
 * @room; -errno. */
int image_read_beside(int store, const struct digest *id, const char *name, void *bytes,
		      size_t room, struct err *err);

/* Writes manifest.sig of the image, which is in @store, from image->signatures. 0 or -errno. */
int image_write_signatures(int store, const struct image *image, struct err *err);

/* Does the signature file's line @n hold for a key of @ring? 0, -ENOKEY, -EKEYREJECTED. */
int image_check_signature(const struct image *image, size_t n,
			  const struct keyring *ring);

/* Was this layer's blob already in the stack below? Bundles and sums count it once. */
bool image_blob_again(const struct image *image, size_t layer);

/* Has a bundle of the image an entry for this blob? */
bool image_blob_bundled(const struct image *image, size_t index);
