/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Starting the application's program for show: the kernel itself says whether it will, while
 * there still is another image to fall back on. A child enters the root, becomes the user
 * and executes, traced by its parent: it stops before the program's first instruction, and
 * is killed there.
 */
#include "base/err.h"
#include "container/program.h"

struct rehearsal {
	const struct program_search *search; /* root: complete, as it will be "/" */
	const struct manifest *manifest;     /* how it will be confined; NULL: it won't */
	int cwd;			     /* directory fd, below it */
	char *const *args;		     /* args[0] is looked for */
	char *const *env;
};

/*
 * Writes the absolute name under which the kernel takes the program to @ret_path, as
 * program_find() does. 0; -ENOTSUP: this kernel lets nobody trace, or there is no room for
 * a child, and nothing is known; -ELOOP: it is this very program; or the -errno of execve
 * or of what has to come before it, told in the words of program_find() where those say
 * more.
 */
int rehearsal_run(const struct rehearsal *rehearsal, char ret_path[PROGRAM_SIZE],
		  struct err *err);
