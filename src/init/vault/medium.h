/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What an encrypted volume lies on: a partition, or a file of the store behind a loop device. */
#include <stdint.h>

#include "block/backing.h"
#include "format/policy.h"

struct medium {
	int fd, loop; /* open for writing */
	uint64_t size_bytes;
	char path[BACKING_PATH_SIZE]; /* of the block device */
};

/*
 * Finds what the policy's `encrypted` names. A file is made as long as that says, of blocks that
 * are its own; it is opened by a mount of its own, so that the one at @store can be made
 * read-only: @target, where nothing is mounted. 0 or -errno; medium_close() in any case.
 */
int medium_open(struct medium *medium, const struct policy *policy, const char *store,
		const char *target, struct err *err);

/* The block device stays as long as it is mapped. */
void medium_close(struct medium *medium);
