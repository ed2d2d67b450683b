/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The bytes of files, which stay where they are: in an uncompressed tar (the user's own
 * or an unnamed temporary file) or in the files of a directory. A struct content lives as
 * long as a tree names it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/err.h"
#include "pack/tree/tree.h"
#include "trust/sha256.h"

/* Who has a layer's files when the tar that they came in is gone. */
struct content_store {
	int (*open)(struct content_store *store, const struct tree_inode *inode,
		    void **ret_file, struct err *err);
	int (*read)(struct content_store *store, void *file, uint64_t at, void *buf,
		    size_t size, struct err *err);
	void (*close)(void *file);
};

struct content {
	int fd;	  /* of the tar, or of the directory; owned */
	bool dir; /* inode->target is the file's path below fd */
	struct content_store
		*store;	     /* has the files once fd is closed; NULL: nobody yet */
	uint64_t offset;     /* where the tar begins in fd */
	uint64_t size_bytes; /* of the tar */
	bool complete;	     /* somebody vouched for its length: it needs no end mark */
	struct digest id;    /* sha256 of the tar: with an extent's place, names its
				    bytes */
};

/* Which file of a directory it was when the directory was read, and in what state. */
struct content_stamp {
	dev_t dev;
	ino_t ino;
	off_t size_bytes;
	struct timespec mtime, ctime;
};

void content_done(struct content *content);

/* A file being read from start to end. */
struct content_reader {
	const struct tree_inode *inode;
	int fd;
	int owned_fd;
	struct content_store *store; /* NULL: fd has the bytes */
	void *file;		     /* the store's */
	uint64_t at;		     /* in the file */
	uint32_t extent;
};

int content_open(struct content_reader *ret_reader, const struct tree_inode *inode,
		 struct err *err);
void content_close(struct content_reader *reader);

/* Reads exactly @size bytes, zeros for holes. 0, or -errno; -EIO when they aren't there; -EBUSY
 * with the last of them when the file of a directory is not as its stamp says, or no longer. */
int content_read(struct content_reader *reader, void *buf, size_t size, struct err *err);
