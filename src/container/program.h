/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Finding the application's program below a root that is not ours yet, and telling
 * beforehand whether the kernel will start it: after the switch there is no way back.
 */
#include <stddef.h>

#include "base/err.h"
#include "container/identity.h"

struct program_search {
	int root;	  /* directory fd */
	const char *path; /* value of PATH */
	const char *cwd;  /* absolute: where names with a slash in the middle start */
	const struct identity *identity; /* who must be allowed to execute it */
};

/*
 * As execvp would find it: an absolute name as is, one with a slash from cwd, a bare one
 * by PATH. Then looks whether it is a program or a script, and whether its interpreter is
 * there too. Writes the absolute name to @ret_path. -ENOENT, -EACCES, -ENOEXEC,
 * -ENAMETOOLONG...
 */
int program_find(const struct program_search *search, const char *name, char *ret_path,
		 size_t size, struct err *err);
