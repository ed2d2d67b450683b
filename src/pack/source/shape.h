/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What a folder or an archive is, by the names at its top: for a word to whoever took it for
 * something else. */
#include <stdbool.h>

/* Is the file @name there? */
typedef bool shape_has_fn(const void *context, const char *name);

struct shape {
	const char *what;      /* "an OCI image layout" */
	const char *dir, *tar; /* how pack wants it; NULL: it is packed already */
	const char *names[4];  /* all of these are there */
};

/* NULL for nothing known: somebody's files. */
const struct shape *shape_by_names(shape_has_fn *has, const void *context);

/* Writes the source that was meant by the @path of a folder or a file, such as
 * "oci-archive:x.tar", or "", to @ret_text. */
void shape_guess(const char *path, char *ret_text, int size);
