/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A new image into the store: everything is written and flushed first, the boot record
 * flips last (the caller's part). A power cut in between leaves litter that gc_run()
 * takes away, never half an image.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "format/manifest.h"
#include "format/signature.h"
#include "install/gc.h"
#include "store/settings.h"
#include "store/store.h"
#include "trust/key.h"

struct install;
struct incoming;

/* Where an image comes from. Layers are asked for in stack order, each once; those that
 * the store has already are passed over, unread where the source can do that. */
struct install_source {
	const char *name; /* "bundle", "directory" */
	/* Reads manifest and manifest.sig into install's buffers. 0 or -errno. */
	int (*open)(struct install *install, struct err *err);
	/* Hands layer @index, of exactly its signed size, to install_take(). Its hash is
	 * the caller's affair. 0 or -errno. */
	int (*copy)(struct install *install, size_t index, struct err *err);
	/* Passes over layer @index. 0 or -errno. */
	int (*skip)(struct install *install, size_t index, struct err *err);
	/* The rest of the source is what it should be. 0 or -errno. */
	int (*finish)(struct install *install, struct err *err);
};

extern const struct install_source install_bundle; /* a stream, read once */
extern const struct install_source
	install_directory; /* a tree as lamina-store(5) has it */

/* Large: keep it static. */
struct install {
	/* the caller's */
	const struct install_source *from;
	int source; /* of the bundle or directory; borrowed */
	int store;
	const struct settings *settings;
	uint64_t floor;		  /* the higher of the policy's and the record's */
	const char *failed;	  /* the id remembered as failed, or NULL */
	const char *failed_words; /* why it did */
	bool force;		  /* takes that one all the same */
	struct gc *gc; /* what would be collected, to count it as free; or NULL */
	/* A byte is half done when it is written, done when it was read back. */
	void (*progress)(void *context, uint64_t done_bytes, uint64_t total_bytes);
	void *context;

	/* set by install_check(); the id may name one of several images of a directory
	 * before */
	char id[DIGEST_HEX_SIZE];
	struct manifest manifest;
	struct key_signers signers;
	/* distinct layers; those of the store by name and size, until install_write() has
	 * read them */
	size_t reused_layers;
	uint64_t total_bytes, reused_bytes;
	uint64_t needed_bytes;		    /* that the file system must have free */
	uint64_t free_bytes, garbage_bytes; /* of the file system; what gc would free */

	/* set by install_write() */
	uint64_t written_bytes;

	/* the sources' */
	char manifest_text[MANIFEST_MAX_SIZE], signature_text[SIGNATURE_MAX_SIZE];
	size_t manifest_size, signature_size;
	bool seeks; /* the source is a file, which can be passed over */
	struct incoming *incoming;
	uint64_t half_bytes; /* of the progress */
};

/*
 * Everything that can be refused before a byte is written: signature, device, arch,
 * feature level, serial against floor, a remembered failure, layer count, space (gc's
 * garbage counted as free). Errors as store_check_image() and judge_manifest(); -EPERM a
 * failed id without force; -ENOSPC with the figures.
 */
int install_check(struct install *install, struct err *err);

/*
 * After install_check(), under the lock, the store writable. Layers that are there
 * already are read and kept if their hash is right, replaced if not; the others go into
 * incoming/, hashed while they are written, are flushed, read back and renamed to their
 * place; then manifest and signature the same way, as one directory. When it returns 0,
 * all of the image is on the medium. What fails leaves the store's images as they were,
 * and layers that are whole, which another attempt uses and gc_run() takes away.
 */
int install_write(struct install *install, struct err *err);

/* For the sources: the next bytes of a layer. 0 or -errno. */
int install_take(struct install *install, const void *bytes, size_t size,
		 struct err *err);
