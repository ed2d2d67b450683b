/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Headers of the normalised tar that names a layer in the cache: POSIX pax interchange but for
 * long targets of symbolic links, one spelling for everything, no user names. Written by hand, so that the reader of images
 * (libarchive) and their writer share no code.
 */
#include <stddef.h>
#include <stdint.h>

#include "pack/tree/tree.h"

/* A growing buffer, the caller's to free. */
struct pax {
	char *bytes;
	size_t size, room;
	int error; /* -ENOMEM once it could not grow */
};

void pax_done(struct pax *pax);

/*
 * Appends the headers of a node under @path (no leading slash). @link: the path of the
 * group's first name for a further name of a hard link, else NULL. A whiteout becomes the
 * character device 0:0 that overlayfs takes for one, an opaque directory gets overlayfs's
 * xattr. After a regular file's headers come its bytes and pax_padding() of them.
 */
void pax_add(struct pax *pax, const struct tree_node *node, const char *path,
	     const char *link);

/* The two blocks of zeros at the end. */
void pax_add_end(struct pax *pax);

/* How many zeros follow @size bytes of content. */
static inline size_t pax_padding(uint64_t size)
{
	return (size_t)(-size & 511);
}
