/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What is on its way into the store: written below incoming/, hashed meanwhile, flushed,
 * read back, and only then moved to its place by one rename. A power cut leaves litter
 * below incoming/, which the next attempt or gc_run() takes away.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "trust/sha256.h"

/* Opens directory @name of the untrusted @parent; makes it, on the medium, if missing. An
 * fd the caller owns. */
int incoming_dir(int parent, const char *name, struct err *err);

#define INCOMING_BUFFER ((size_t)128 << 10)

/* For whoever has bytes to hand over: one at a time. */
extern uint8_t incoming_buffer[INCOMING_BUFFER];

struct incoming {
	int dir; /* incoming/; borrowed */
	char name[DIGEST_HEX_SIZE];
	int fd;
	bool proven; /* who adds to it has judged it: it is not hashed */
	struct sha256 digest;
	uint64_t sum;		/* of what was written, to compare with what comes back */
	uint64_t size_bytes;	/* so far */
	uint64_t started_bytes; /* of which the kernel writes or has written */
};

/* A new file incoming/@name. 0 or -errno. */
int incoming_start(struct incoming *in, int dir, const char *name, struct err *err);

/* Or one that lies there, @fd, @size_bytes long, whoever put it there: it is ours from now on,
 * and nobody can write to it. False: it is not to be had so, and is gone from there; @fd stays
 * the caller's. */
bool incoming_adopt(struct incoming *in, int dir, const char *name, int fd,
		    uint64_t size_bytes);

/* Flushes and hashes that, as the medium has it. -EBADMSG: its sha256 isn't @digest. */
int incoming_check(struct incoming *in, const struct digest *digest,
		   void (*progress)(void *context, size_t size), void *context,
		   struct err *err);

/* Adds to it: whole words of 8 bytes, but for the last time. No more than a few MiB wait
 * in memory to be written. */
int incoming_add(struct incoming *in, const void *bytes, size_t size, struct err *err);

/* Flushes it. -EBADMSG: its sha256 isn't @digest, and it is not proven. */
int incoming_flush(struct incoming *in, const struct digest *digest, struct err *err);

/* Hashes a file as the medium has it, as far as its pages are clean and can be dropped
 * before. Uses the buffer, and tells @progress, unless NULL, of each part. 0 or
 * -errno. */
int incoming_hash(int fd, uint64_t size_bytes,
		  void (*progress)(void *context, size_t size), void *context,
		  struct digest *ret_hash);

/* Reads it back from the medium, telling @progress of each part. -EIO: it isn't what was
 * written. A sum says so and not a second hash: what a medium loses is no attack, and the
 * sum costs next to nothing. */
int incoming_read_back(struct incoming *in, void (*progress)(void *context, size_t size),
		       void *context, struct err *err);

/* A small file of @dir, at once: written, flushed, read back. 0 or -errno. Uses the buffer. */
int incoming_put(int dir, const char *name, const char *bytes, size_t size,
		 struct err *err);

/* Moves it to @to/@name, in place of what is there, and flushes that directory. */
int incoming_move(struct incoming *in, int to, struct err *err);

/* Closes it, and takes away what was not moved. */
void incoming_done(struct incoming *in);
