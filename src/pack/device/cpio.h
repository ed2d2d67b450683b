/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A compressed initramfs: newc cpio in gzip. Everything belongs to root at time 0, so the same
 * content gives the same bytes, whoever makes it.
 */
#include <stddef.h>
#include <sys/types.h>

#include "base/digest.h"
#include "base/err.h"

struct cpio;

/* Starts the archive on @fd (borrowed). NULL when out of memory. */
struct cpio *cpio_new(int fd);

/* Adds a directory. Names are relative to the root and have no leading slash. 0 or -errno. */
int cpio_add_dir(struct cpio *cpio, const char *name, struct err *err);

/* Adds a regular file. 0 or -errno. */
int cpio_add_file(struct cpio *cpio, const char *name, mode_t mode, const void *bytes,
		  size_t size, struct err *err);

/* Adds the missing directories above @name. 0 or -errno. */
int cpio_add_parents(struct cpio *cpio, const char *name, struct err *err);

/* Adds a character device (a cpio needs no root for that). 0 or -errno. */
int cpio_add_char(struct cpio *cpio, const char *name, mode_t mode, unsigned int major,
		  unsigned int minor, struct err *err);

/* The hash of all that was added so far, names and modes too, and of @seed after it. 0 or -EIO. */
int cpio_digest(const struct cpio *cpio, const struct digest *seed,
		struct digest *ret_digest);

/* Ends the archive. 0 or -errno. */
int cpio_finish(struct cpio *cpio, struct err *err);

/* Frees, finished or not; takes NULL. */
void cpio_free(struct cpio *cpio);
