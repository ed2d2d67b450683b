/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Where an image is: a store, or a bundle. The commands that only read take both. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "pack/image/image.h"

struct place {
	struct image *image;		      /* owned */
	int store;			      /* owned; -EBADF for a bundle */
	int bundle;			      /* owned; -EBADF for a store */
	uint64_t offsets[MANIFEST_MAX_BLOBS]; /* of the blobs in the bundle */
};

#define PLACE_INIT                                               \
	{                                                        \
		.image = NULL, .store = -EBADF, .bundle = -EBADF \
	}

/* Opens STORE or BUNDLE ("-": a bundle from standard input) and reads the image whose id begins
 * with @prefix (NULL: the only one). A bundle is walked to its end, without hashing blobs. 0 or
 * -errno; a text begins with @path's cmd_input_name(). Needs place_done() in either case. */
int place_open(struct place *place, const char *path, const char *prefix,
	       struct err *err);
void place_done(struct place *place);

/* The same of what has to be a store. An fd the caller owns, or -errno. */
int place_open_store(const char *path, struct err *err);

/* Opens a blob, by manifest_blob()'s index, where it is: its bytes begin at *ret_offset. An fd
 * the caller owns, or -errno; -ENOENT: it is left out of the bundle. So of the next two. */
int place_open_blob(const struct place *place, size_t index, uint64_t *ret_offset,
		    struct err *err);

/* Opens a blob as a file of its own, from offset 0: one in a bundle is copied to a file in
 * $TMPDIR that has no name. An fd the caller owns, or -errno. */
int place_open_blob_file(const struct place *place, size_t index, struct err *err);

/* As place_open_blob_file(), and the file's sha256 is the one in the manifest: -EBADMSG if not. */
int place_open_blob_checked(const struct place *place, size_t index, struct err *err);

/* Reads member @index of the set that is there, an image without signatures. 0 or -errno. */
int place_load_member(const struct place *place, size_t index, struct image *ret_image,
		      struct err *err);

#define __place __attribute__((cleanup(place_done)))
