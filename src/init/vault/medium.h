/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What a file system of init's own lies on: a partition, or a file of the store behind a loop
 * device. */
#include <stdint.h>

#include "base/fd.h"
#include "block/backing.h"
#include "format/policy.h"

struct medium {
	int fd, loop; /* open for writing */
	uint64_t size_bytes;
	char path[BACKING_PATH_SIZE]; /* of the block device */
};

struct medium_file {
	const char *store;  /* where it is mounted, writable */
	const char *target; /* where nothing is mounted */
	const char *name;   /* below the store's top */
	/* NULL: what has the name is made longer where it isn't so long; else it is opened as it
	 * is, and one that isn't there is made under this name, until it is whole */
	const char *unfinished;
	uint64_t size_bytes;
	uint64_t least_bytes; /* a shorter one was cut off */
	uint64_t
		beside_bytes; /* so much has to be free when that is made or lengthened */
};

/*
 * Opens a file, made if missing, of blocks that are its own. That is done by a mount of its own at
 * @target, so that the store's can be made read-only. 0; -ENOSPC; -EOPNOTSUPP: the store's file
 * system can't; -EUCLEAN: it was cut off; or -errno. medium_close() in any case.
 */
int medium_file_open(struct medium *medium, const struct medium_file *file,
		     struct err *err);

/* Makes it longer, with another block device. 1; 0: it is as long; or -errno: it is as it was, but for
 * the length of the file. */
int medium_file_grow(struct medium *medium, uint64_t size_bytes, struct err *err);

/* Finds what the policy's `encrypted` names: a partition, or a file as above, which isn't made longer.
 * 0 or -errno; medium_close() in any case. */
int medium_open(struct medium *medium, const struct policy *policy, const char *store,
		const char *target, struct err *err);

/* Makes a file as long as the policy has it. As medium_file_grow(); 0 of a partition. */
int medium_grow(struct medium *medium, const struct policy *policy, struct err *err);

/* The block device stays as long as it is mapped. */
static inline void medium_close(struct medium *medium)
{
	fd_close(fd_take(&medium->fd));
	fd_close(fd_take(&medium->loop));
}
