/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What an image has where a new volume is mounted, copied into that: as engines do at its
 * first use. No link is followed, nothing else that is mounted there is entered. */

#include <sys/stat.h>

/* Removes @name; of a directory, all in it. 0 or -errno. */
int copyup_remove(int parent, const char *name);

/* What a new directory looks like. */
struct copyup_like {
	const struct stat *st; /* NULL: root's, 0700 */
	int content;	       /* the directory that it is a copy of, -EBADF: none */
};

/*
 * Makes the empty directory @dir so: as a copy, with all that is in the other one, with owners,
 * modes, times and extended attributes; devices and sockets are left out. What is copied is on
 * the medium then. 0 or -errno; what was copied until then stays.
 */
int copyup_fill(int dir, const struct copyup_like *like);
