/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The data partition's tree: blobs/sha256/<hex>, images/<hex>/manifest[.sig], volumes,
 * upper, inject. Everything in it is untrusted. An image's id is the sha256 of its
 * manifest.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "format/manifest.h"
#include "trust/key.h"
#include "trust/sha256.h"

/* Opens the store's directory. An fd the caller owns, or -errno. */
int store_open(const char *path, struct err *err);

/* May the kernel look into the store's own directories? A disk can have some of terabytes,
 * at which it would stand still for minutes. 0, or -EFBIG with the name. */
int store_check(int store, struct err *err);

/* The same of all directories on the way to @rel, and of @rel itself. 0, also where they
 * are missing. */
int store_check_dirs(int store, const char *rel, struct err *err);

/* "blobs/sha256/<hex>", of a store and of a bundle. Returns @ret_path. */
#define STORE_BLOB_PATH_SIZE (sizeof("blobs/sha256/") + DIGEST_HEX_SIZE)
const char *store_blob_path(const struct digest *digest,
			    char ret_path[STORE_BLOB_PATH_SIZE]);

/* "images/<hex>". Returns @ret_path. */
#define STORE_IMAGE_PATH_SIZE (sizeof("images/") + DIGEST_HEX_SIZE)
const char *store_image_path(const struct digest *id,
			     char ret_path[STORE_IMAGE_PATH_SIZE]);

/* Opens a layer's blob: a regular file of exactly @size_bytes, or, where there is none, the UBI
 * volume "sha256-<hex>", which has at least as many; or an error that says what it is instead. An
 * fd the caller owns, for pread() and backing_of(). */
int store_open_blob(int store, const struct digest *digest, uint64_t size_bytes,
		    struct err *err);

/*
 * Reads the manifest of member @index of the set @set: it hashes to what that says, and only
 * then it is parsed; and set_check_member(). 0 or -errno. As store_load_image(), which see.
 */
int store_load_member(int store, const struct manifest *set, size_t index,
		      struct manifest *ret_manifest, struct err *err);

/* Reads a small regular file of untrusted directory @dir, at most @room bytes. 0, or
 * -errno: -EFBIG... */
int store_read_file(int dir, const char *name, char *buf, size_t room, size_t *ret_size,
		    struct err *err);

/* An image's two files as bytes: signed by @ring, and only then parsed. Errors: -ENOKEY,
 * -EKEYREJECTED, -EBADMSG... Not for two threads. @ret_manifest's texts are its own. */
int store_check_image(const char *manifest, size_t manifest_size, const char *signatures,
		      size_t signatures_size, const struct keyring *ring,
		      uint32_t threshold, struct manifest *ret_manifest,
		      struct key_signers *ret_signers, struct err *err);

/*
 * Reads manifest and manifest.sig of image @id, checks that the manifest hashes to @id
 * and that
 * @ring signs it, and only then parses it. Errors: -ENOENT, -ENOKEY, -EKEYREJECTED,
 * -EBADMSG... Uses static buffers: not for two threads. @ret_manifest's texts are its
 * own.
 */
int store_load_image(int store, const struct digest *id, const struct keyring *ring,
		     uint32_t threshold, struct manifest *ret_manifest,
		     struct key_signers *ret_signers, struct err *err);

/* Gives back the memory of those buffers: no other image is to be read for long. */
void store_give_back(void);
