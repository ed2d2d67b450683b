/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A bundle, read once from its start to its end: entries in the one order, headers in the
 * one spelling, every byte accounted for by the manifest; anything else is refused.
 * Source: lamina-bundle(5). @fd is taken where it stands and needs no seeking unless a
 * function says so. -EBADMSG: it is no bundle, or ends early.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "format/deltas.h"
#include "format/manifest.h"

/* Room for the entry `without`: a line each. */
#define UNBUNDLE_WITHOUT_SIZE (MANIFEST_MAX_BLOBS * DIGEST_HEX_SIZE)

/* What not every bundle has. */
struct unbundle_texts {
	size_t without_size; /* 0: nothing is left out */
	size_t deltas_size;  /* 0: no deltas are before the blobs */
	char without[UNBUNDLE_WITHOUT_SIZE];
	char deltas[DELTAS_MAX_SIZE];
};

/* Reads the first entry, the manifest, and the last before the blobs, its signatures: of 1 to
 * @room bytes. Returns the size. What is left out, and which deltas are there, may stand between
 * the two. */
int unbundle_manifest(int fd, void *buf, size_t room, struct err *err);
int unbundle_signature(int fd, void *buf, size_t room, struct unbundle_texts *ret_texts,
		       struct err *err);

/* Which blobs are left out, by manifest_blob()'s index: of one that is there twice, the first.
 * For all blobs of @manifest. 0 or -EBADMSG. */
int unbundle_absent(const struct unbundle_texts *texts, const struct manifest *manifest,
		    bool *ret_absent, struct err *err);

/* The entry's text for those @absent. */
void unbundle_leave_out(const struct manifest *manifest, const bool *absent,
			struct unbundle_texts *ret_texts);

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
