/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A file that appears whole or not at all: written under a temporary name in the same directory,
 * flushed, then renamed. A failure, Ctrl-C or SIGTERM takes the temporary file away; what stood
 * under the name before stays until the rename.
 */
#include <limits.h>
#include <sys/types.h>

#include "base/err.h"

struct output {
	int dirfd; /* owned: where the file will be */
	int fd;	   /* owned: open for reading and writing */
	char name[NAME_MAX + 1];
	char temp[32]; /* "" once renamed or gone */
};

#define OUTPUT_INIT                           \
	{                                     \
		.dirfd = -EBADF, .fd = -EBADF \
	}

/* Starts the file @path (relative to @dirfd, AT_FDCWD works) with @mode less the umask. 0 or
 * -errno with a text that begins with @path. Needs output_done() in either case. */
int output_open(struct output *output, int dirfd, const char *path, mode_t mode,
		struct err *err);

/* Flushes the file and gives it its name. With -EEXIST, @keep was set and a file of that name is
 * there already. 0 or -errno. */
int output_commit(struct output *output, int keep, struct err *err);

/* Takes the temporary file away unless it was committed, and closes everything. */
void output_done(struct output *output);

#define __output __attribute__((cleanup(output_done)))
