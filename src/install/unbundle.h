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

/* The next entry must be @blob, with the size that the manifest says; which blob it is is the
 * caller's to say of a failure, and its hash the caller's affair. Then all of its bytes, in
 * any number of reads, then its end. Each 0 or -errno. */
int unbundle_blob(int fd, const struct manifest_blob *blob, struct err *err);
int unbundle_read(int fd, void *buf, size_t size, struct err *err);
int unbundle_end(int fd, const struct manifest_blob *blob, struct err *err);

/* Passes over it instead, in a file that can seek; @ret_offset says where its bytes are. */
int unbundle_skip(int fd, const struct manifest_blob *blob, uint64_t *ret_offset,
		  struct err *err);

/* Reads what follows the blobs, to the end of the file; @id is the manifest's sha256. */
int unbundle_tail(int fd, const struct digest *id, struct err *err);
