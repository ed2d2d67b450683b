/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Taking trees away that somebody else filled: no link is followed, no mount crossed, and
 * no depth or number of entries takes more memory. A directory in a directory is moved up
 * to the top, where its turn comes.
 */
#include <stdint.h>

#include "base/err.h"

struct removed {
	unsigned int entries; /* of the directory */
	uint64_t bytes;	      /* that they take on the disk, without what is in them */
};

/* What remove_all() would meet. 0 or -errno. */
int remove_count(int dir, struct removed *ret_removed, struct err *err);

/* Empties directory @dir. 0 or -errno: the rest is still there. */
int remove_all(int dir, struct err *err);

/* Takes entry @name out of @dir: a file at once, a directory by moving it into @trash,
 * which remove_all() empties some time. 0, also when there is none, or -errno. */
int remove_entry(int dir, const char *name, int trash, struct err *err);
