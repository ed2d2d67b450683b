/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The directory that an image is gathered in, as lamina-store(5) has one, of at most one image:
 *
 *   lamina-fetch         what was fetched last, and how that ended
 *   offered, without     which deltas the server has, and which blobs a bundle leaves out
 *   word                 what a channel says of it
 *   deltas               those of the deltas that are fetched in place of layers
 *   images/ID/           manifest and manifest.sig
 *   blobs/sha256/        layers that are whole
 *   incoming/            layers on their way
 *
 * What is in it was this program's to write. Whatever is lost of it is fetched again.
 */
#include <stdbool.h>
#include <stddef.h>

#include "base/digest.h"
#include "base/err.h"
#include "fetch/installer.h"
#include "fetch/origin.h"
#include "format/channel.h"
#include "format/deltas.h"
#include "format/manifest.h"
#include "format/signature.h"

#define WORKDIR_VERSION_SIZE 400
#define WORKDIR_WITHOUT_SIZE (MANIFEST_MAX_BLOBS * DIGEST_HEX_SIZE) /* a line each */

struct workdir {
	int fd, images, blobs, incoming; /* owned */
};

#define WORKDIR_INIT                                                                \
	{                                                                           \
		.fd = -EBADF, .images = -EBADF, .blobs = -EBADF, .incoming = -EBADF \
	}

struct workdir_state {
	char source[ORIGIN_URL_SIZE]; /* what was asked for */
	char version
		[WORKDIR_VERSION_SIZE]; /* what the server called it; "": nothing yet */
	struct digest image;		/* whose manifest is there; or unset */
	struct digest installed;	/* the last one that was; or unset */
	bool done;			/* it is installed: there is nothing to do */
};

/* Opens it, made where it is missing, and keeps others out until it is closed: -EBUSY. Needs
 * workdir_done(). */
int workdir_open(struct workdir *w, const char *path, struct err *err);
void workdir_done(struct workdir *w);

/* A state that is missing, torn or another version's is an empty one. 0 or -errno. */
int workdir_read(const struct workdir *w, struct workdir_state *ret_state,
		 struct err *err);
/* In place of the one before, whole or not at all, also after a power cut. */
int workdir_write(const struct workdir *w, const struct workdir_state *state,
		  struct err *err);

/* What is signed of an image, and by whom: bytes, which laminactl alone can judge. */
struct workdir_image {
	struct digest id; /* of the manifest */
	char manifest[MANIFEST_MAX_SIZE];
	size_t size;
	char signature[SIGNATURE_MAX_SIZE];
	size_t signature_size;
	/* nobody signs these: lamina-bundle(5) */
	char deltas[DELTAS_MAX_SIZE], without[WORKDIR_WITHOUT_SIZE];
	size_t deltas_size, without_size;
	char word[CHANNEL_MAX_SIZE]; /* lamina-channel(5) */
	size_t word_size;
};

/* In place of those that are there. 0 or -errno. */
int workdir_put_image(const struct workdir *w, const struct workdir_image *image,
		      struct err *err);

/* Reads them back. 0, or -errno, also where the manifest's bytes aren't @id's. */
int workdir_read_image(const struct workdir *w, const struct digest *id,
		       struct workdir_image *ret_image);

/* A small file of its own: -ENOENT. 0 or -errno. */
int workdir_get_text(const struct workdir *w, const char *name, char *ret_text,
		     size_t room, size_t *ret_size);
/* Whole or not at all; it isn't there when it is empty. */
int workdir_put_text(const struct workdir *w, const char *name, const char *text,
		     size_t size);

/* Is the whole blob there, by name and size? */
bool workdir_has(const struct workdir *w, const struct installer_blob *blob);

/* What is fetched of an image. */
struct workdir_needs {
	const struct installer_offer *offer;
	char deltas[DELTAS_MAX_SIZE]; /* in place of those layers */
	size_t deltas_size;
};

/* Says which deltas are there, and takes away what isn't needed, whole or not; NULL: all of the
 * image. 0 or -errno. */
int workdir_keep(const struct workdir *w, const struct workdir_needs *needs,
		 struct err *err);
