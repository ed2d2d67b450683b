/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The bytes of files out of a finished layer, once the tar that they came in is gone. */
#include <sys/types.h>

#include "pack/tree/content.h"
#include "pack/tree/tree.h"

struct blob_reader;

struct blob_store {
	struct content_store base;  /* first */
	struct blob_store *next;    /* the owner's list */
	const struct tree *tree;    /* whose merged view knows the files' names */
	int fd;			    /* of the blob; owned */
	struct blob_reader *reader; /* once it was asked for; owned */
};

/* @fd: the layer's file, which is read only when the first file is asked for; stays the caller's.
 * NULL when out of memory. */
struct blob_store *blob_store_new(const struct tree *tree, int fd);
void blob_store_free(struct blob_store *store);
