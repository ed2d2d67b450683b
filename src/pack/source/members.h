/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The named files of an image layout, in a directory or in a tar. A tar isn't unpacked: its
 * files are read where they stand; only one that is compressed, or comes through a pipe, is
 * spooled to a temporary file first.
 *
 * Somebody else filled both: links end at the layout's root, and only regular files open. Only
 * blobs may be links that lead further, as build systems and shared stores have them: a blob's
 * digest says whether it is the one.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct members;

/* NULL on failure, with a text; *ret_errno is then -errno. "-" as an archive is standard
 * input. */
struct members *members_open_dir(const char *path, uint64_t limit_bytes, int *ret_errno,
				 struct err *err);
/* @limit_bytes: of what a compressed one, or one from a pipe, may unpack to; -E2BIG past it. */
struct members *members_open_archive(const char *path, uint64_t limit_bytes,
				     int *ret_errno, struct err *err);
void members_free(struct members *members);

bool members_has(const struct members *members, const char *name);

/* Opens the file @name, whose bytes are *ret_size from *ret_offset on. An fd the caller owns;
 * -ENOENT, -EINVAL for what isn't a file, -ELOOP; the text begins with @name. */
int members_open(const struct members *members, const char *name, uint64_t *ret_offset,
		 uint64_t *ret_size, struct err *err);

/* Reads a whole file of at most @limit bytes into memory that the caller frees; a NUL follows
 * the bytes. 0, -EFBIG, or as members_open(). */
int members_read(const struct members *members, const char *name, size_t limit,
		 char **ret_bytes, size_t *ret_size, struct err *err);
