/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A file that comes in pieces: what of it is there stays over a cut connection, a kill and a power
 * cut, and is gone on with. It gets its place when its SHA-256 is right, and not before.
 */
#include <stdint.h>

#include "base/err.h"
#include "trust/sha256.h"

/* A power cut takes what came in the last second, or so much of a fast transfer. */
#define PART_SYNC_BYTES ((uint64_t)32 << 20)
#define PART_SYNC_LEAST ((uint64_t)64 << 10)

struct part {
	int dir; /* borrowed: where it is until it is whole */
	int fd;
	char name[DIGEST_HEX_SIZE];
	struct digest digest;
	uint64_t size_bytes; /* of the whole */
	uint64_t have_bytes;
	uint64_t synced_bytes, synced_ms;
	uint64_t started_bytes; /* of which the kernel writes or has written */
	struct sha256 sha;	/* of what is there */
};

#define PART_INIT            \
	{                    \
		.fd = -EBADF \
	}

/* Opens it, or begins it, and hashes what is there. 0 or -errno. Needs part_done(). */
int part_open(struct part *part, int dir, const struct digest *digest,
	      uint64_t size_bytes, struct err *err);

/* Adds bytes. -EFBIG: it would be larger than it is. */
int part_add(struct part *part, const void *bytes, size_t size, struct err *err);

/* It is whole: moves it to directory @to, where it is on the medium. -EBADMSG: its SHA-256 isn't
 * what it should be; it is begun again. */
int part_finish(struct part *part, int to, struct err *err);

/* Flushes what came, and closes it. */
void part_done(struct part *part);
