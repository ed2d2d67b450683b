/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Writing a store tree so that it is either as it was or complete. Everything is made in
 * a directory of its own inside the output, and moved to its place at the very end. What
 * a killed run left there is taken away by the next one.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "trust/sha256.h"

struct staging_blob {
	unsigned int number; /* its temporary name */
	struct digest digest;
};

struct staging {
	char *path;
	int fd;		    /* the output directory; owned, locked */
	int temp_fd;	    /* the directory inside it; owned */
	bool made;	    /* the output wasn't there before */
	unsigned int files; /* made so far */
	struct staging_blob *blobs;
	size_t blob_count;
};

/* Opens or makes the output @path and locks it. 0; -EAGAIN when another run has it;
 * -errno. */
int staging_open(struct staging *ret_staging, const char *path, struct err *err);

/* A new empty file. An fd for reading and writing, the caller's, or -errno; @ret_number
 * names it to staging_add_blob(). */
int staging_file(struct staging *staging, unsigned int *ret_number, struct err *err);

/* That file, now complete, will be blobs/sha256/<@digest>. 0 or -errno. */
int staging_add_blob(struct staging *staging, unsigned int number,
		     const struct digest *digest);

struct staging_image {
	const void *manifest;
	size_t manifest_size;
	const void *signature; /* manifest.sig's bytes; NULL: not signed */
	size_t signature_size;
	const char *ports; /* the file of that name, for `lamina set` */
	size_t ports_size; /* 0: none */
};

/* Moves the blobs to their places and then the complete images/<id>. 0; 1 when an image of
 * that id is there already, which stays as it is; -errno. */
int staging_commit(struct staging *staging, const struct staging_image *image,
		   struct digest *ret_id, struct err *err);

/* Takes away what was not committed. */
void staging_done(struct staging *staging);
