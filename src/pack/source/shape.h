/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What a folder or an archive is, by the names at its top: for a word to whoever took it for
 * something else. */
#include <stdbool.h>
#include <stddef.h>

/* Is the file @name there? */
typedef bool shape_has_fn(const void *context, const char *name);

struct shape {
	const char *what;      /* "an OCI image layout" */
	const char *dir, *tar; /* how pack wants it; NULL: it is packed already */
	const char *names[4];  /* all of these are there */
};

/* By the first name alone, which says little. */
extern const struct shape shape_saved;

/* NULL for nothing known: somebody's files. */
const struct shape *shape_by_names(shape_has_fn *has, const void *context);

/* What a file's bytes are. */
struct shape_file {
	const char *what;   /* "a squashfs" */
	const char *prefix; /* how pack takes it; NULL: not at all */
	const char *then;   /* what to do about that, or NULL */
	size_t at;	    /* in the file */
	char magic[8];
};

/* Looks at the bytes, if they are @ret_compressed at what they were before; a tar may begin as
 * one with an image does. NULL for nothing known. */
const struct shape_file *shape_of_bytes(int fd, bool *ret_compressed, bool *ret_image);

struct shape_guess {
	char meant[200]; /* "oci-archive:x.tar"; "": there is no such source */
	char what[100];	 /* then it is "a zip archive: unpack it, and say dir:"; or "" */
};

/* What was meant by the @path of a folder or a file. */
void shape_guess(const char *path, struct shape_guess *ret_guess);
