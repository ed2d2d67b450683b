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
#include "install/unbundle.h"
#include "store/settings.h"
#include "store/store.h"
#include "trust/key.h"

struct install_from;

/* What an image can be taken from. The deltas that it has come first, then those of its blobs
 * that are there, each in its order and once; what the store has already is passed over, unread
 * where the source can do that. */
struct install_source {
	const char *name; /* "bundle", "directory" */
	/* Reads manifest and signatures. @id: which of several images, or unset, where a source
	 * that knows writes what the manifest must hash to. 0 or -errno. */
	int (*open)(struct install_from *from, struct digest *id, struct err *err);
	/* The manifest is believed now: says in from->absent which blobs are not there. 0 or
	 * -errno. */
	int (*look)(struct install_from *from, const struct manifest *manifest,
		    struct err *err);
	/* Goes to the next blob or delta, which must be this one, of exactly that size. Unless
	 * @wanted, none of its bytes will be read; else as many as anybody likes. 0 or -errno. */
	int (*next_blob)(struct install_from *from, const struct manifest_blob *blob,
			 bool wanted, struct err *err);
	/* Its next @size bytes, no more than there are. 0 or -errno. */
	int (*read)(struct install_from *from, void *buf, size_t size, struct err *err);
	/* NULL, or instead of read(): has the file that the blob is renamed to @dir/@name.
	 * Returns it, the caller's; -errno: it must be read. */
	int (*take)(struct install_from *from, int dir, const char *name);
	/* After the last blob: the rest of the source is what it should be. 0 or -errno. */
	int (*finish)(struct install_from *from, const struct digest *id,
		      struct err *err);
};

extern const struct install_source install_bundle; /* a stream, read once */
extern const struct install_source
	install_directory; /* a tree as lamina-store(5) has it */

/* A source at work. */
struct install_from {
	const struct install_source *source; /* the caller's */
	int fd;	    /* the caller's: of the bundle or directory; borrowed */
	bool moves; /* the caller's: what can be renamed need not stay there */

	/* set by open() */
	char manifest[MANIFEST_MAX_SIZE], signatures[SIGNATURE_MAX_SIZE];
	size_t manifest_size, signatures_size;
	bool seeks;		     /* it is a file, which can be passed over */
	struct unbundle_texts texts; /* the deltas by look(), of a directory */

	bool absent[MANIFEST_MAX_BLOBS]; /* set by look() */

	/* the source's */
	struct manifest_blob blob; /* that is read, */
	uint64_t done_bytes;	   /* so far, */
	int blob_fd; /* from a file of its own, which install_write() closes */
};

/* What the caller wants. */
struct install_wish {
	int store;
	const struct settings *settings;
	uint64_t floor;		  /* the higher of the policy's and the record's */
	struct digest failed;	  /* the id remembered as failed, or unset */
	const char *failed_words; /* why it did */
	bool force;		  /* takes that one all the same */
	bool lists;		  /* what neither store nor source has is no failure */
	struct gc *gc; /* what would be collected, to count it as free; or NULL */
	/* A byte is half done when it is written, done when it was read back. */
	void (*progress)(void *context, uint64_t done_bytes, uint64_t total_bytes);
	/* What is worth a line, and no failure; or NULL. */
	void (*note)(void *context, const char *text);
	void *context;
};

/* Large: keep it static. */
struct install {
	struct install_wish wish;
	struct install_from from;

	/* set by install_check(); the id may name one of several images of a directory
	 * before */
	struct digest id;
	struct manifest manifest;
	struct key_signers signers;
	/* distinct blobs; those of the store by name and size, until install_write() has
	 * read them */
	size_t reused_layers;
	uint64_t total_bytes, reused_bytes;
	uint64_t moved_bytes;  /* that take no more room, as they are renamed */
	uint64_t needed_bytes; /* that the file system must have free */
	uint64_t free_bytes, garbage_bytes; /* of the file system; what gc would free */

	/* set by install_write() */
	uint64_t written_bytes;
	uint64_t half_bytes;	       /* of the progress */
	bool made[MANIFEST_MAX_BLOBS]; /* by a delta */
	bool good[MANIFEST_MAX_BLOBS]; /* and in the store, as is known already */
};

/*
 * Everything that can be refused before a byte is written: signature, device, arch,
 * feature level, serial against floor, a remembered failure, layer count, a blob that neither
 * the store nor the source has, space (gc's garbage counted as free). Errors as
 * store_check_image() and judge_manifest(); -EPERM a failed id without force; -ENOENT with the
 * blob; -ENOSPC with the figures.
 */
int install_check(struct install *install, struct err *err);

/*
 * After install_check(), under the lock, the store writable. Layers that are there
 * already are read and kept if their hash is right, replaced if not; the others go into
 * incoming/, hashed while they are written, are flushed, read back and renamed to their
 * place, or are renamed into incoming/ and read there; then manifest and signature the same way, as one directory. When it returns 0,
 * all of the image is on the medium. What fails leaves the store's images as they were,
 * and layers that are whole, which another attempt uses and gc_run() takes away.
 */
int install_write(struct install *install, struct err *err);
