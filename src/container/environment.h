/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the application starts with: environment, working directory, program. */
#include <stddef.h>

#include "base/err.h"
#include "container/identity.h"
#include "format/manifest.h"

#define ENVIRONMENT_MAX (MANIFEST_MAX_ENV + 4)

struct environment {
	const char *env[ENVIRONMENT_MAX + 1]; /* NULL-ended; borrows from the manifest and @text */
	char text[512];
};

/* The manifest's env, and what engines add where it is missing: PATH, HOME, TERM. */
void environment_make(const struct manifest *manifest, const struct identity *identity,
		      struct environment *ret_environment);

/* Finds argv[0] as execvp would: a path as is, a bare name by the environment's PATH.
 * Writes it to @ret_path. 0, -ENOENT, -EACCES, -ENAMETOOLONG. */
int environment_find_program(const char *name, const struct environment *environment,
			     char *ret_path, size_t size, struct err *err);
