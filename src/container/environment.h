/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The environment that the application starts with. */
#include <stddef.h>

#include "base/err.h"
#include "container/identity.h"
#include "format/manifest.h"

#define ENVIRONMENT_MAX (MANIFEST_MAX_ENV + 4)
#define ENVIRONMENT_HOSTNAME_SIZE (sizeof("HOSTNAME=") + 64)

struct environment {
	/* NULL-ended; borrows from the manifest and the two below */
	const char *env[ENVIRONMENT_MAX + 1];
	char hostname[ENVIRONMENT_HOSTNAME_SIZE];
	char home[sizeof("HOME=") + sizeof(((struct identity *)0)->home)];
};

/* The manifest's env, and what engines add where it is missing: PATH, HOME; with a
 * @hostname HOSTNAME, and without one (NULL: the console is the application's) TERM.
 * Nothing that the kernel or the boot loader gave to init. */
void environment_make(const struct manifest *manifest, const struct identity *identity,
		      const char *hostname, struct environment *ret_environment);

/* The value of @name, or NULL. */
const char *environment_get(const struct environment *environment, const char *name);
