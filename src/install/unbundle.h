/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A bundle, read once from its start to its end: entries in the one order, headers in the
 * one spelling, every byte accounted for by the manifest; anything else is refused.
 * Source: lamina-bundle(5). @fd is taken where it stands and needs no seeking unless a
 * function says so. -EBADMSG: it is no bundle, or ends early.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "format/manifest.h"

/* Reads the first entry, the manifest, and the second, its signatures: of 1 to @room bytes.
 * Returns the size. */
int unbundle_manifest(int fd, void *buf, size_t room, struct err *err);
int unbundle_signature(int fd, void *buf, size_t room, struct err *err);

/* Who gets a layer's bytes: @buf, of @room bytes, is filled and handed over as often as
 * need be. The callback's failure (0 or -errno) ends the reading. */
struct unbundle_sink {
	void *buf;
	size_t room;
	int (*take)(void *context, const void *bytes, size_t size, struct err *err);
	void *context;
};

/* Reads the next entry, which must be @layer's, with the size that the manifest says. Its
 * hash is the sink's affair, and which layer it is the caller's to say of a failure. */
int unbundle_layer(int fd, const struct manifest_layer *layer,
		   const struct unbundle_sink *sink, struct err *err);

/* Passes over it instead, in a file that can seek; @ret_offset says where its bytes are. */
int unbundle_skip(int fd, const struct manifest_layer *layer, uint64_t *ret_offset,
		  struct err *err);

/* Reads what follows the layers, to the end of the file; @id is the manifest's sha256. */
int unbundle_tail(int fd, const struct digest *id, struct err *err);
