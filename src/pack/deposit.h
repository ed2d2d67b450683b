/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Putting an image into a store on the workstation: blobs first, the image last, each flushed
 * and renamed into place. What fails or is never finished is taken back, down to the directories.
 */
#include <stddef.h>

#include "base/err.h"
#include "pack/image.h"
#include "pack/output.h"

struct deposit {
	int store;		/* owned; the directory */
	char *path;		/* owned */
	unsigned int made;	/* of the directories, which ones were not there */
	char (*blobs)[DIGEST_HEX_SIZE]; /* owned: that were not there before */
	size_t blob_count;
	int finished;
};

#define DEPOSIT_INIT { .store = -EBADF }

/* Opens the store @path, making what is missing of its directories. 0 or -errno. Needs
 * deposit_done() in either case. */
int deposit_open(struct deposit *deposit, const char *path, struct err *err);

/* Starts the blob @hash: write to output->fd. */
int deposit_blob_open(struct deposit *deposit, const uint8_t hash[DIGEST_SIZE],
		      struct output *output, struct err *err);
/* The blob's bytes are all there and are what its name says: the caller has checked. */
int deposit_blob_commit(struct deposit *deposit, struct output *output, struct err *err);

/* Writes manifest and signature. With the same image there already, adds its signature file
 * anew. 0 or -errno. */
int deposit_image(struct deposit *deposit, const struct image *image, struct err *err);

void deposit_done(struct deposit *deposit);

#define __deposit __attribute__((cleanup(deposit_done)))
