/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The header blocks of one tar entry, read beside libarchive for what it passes over in silence:
 * a name that a NUL cuts, a number that is none, a mode that an ACL changed.
 * Source of the format: POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar's manual, "Tar
 * Internals".
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define TAR_BLOCK 512
#define TAR_TYPE_AT 156

struct tar_header {
	char type;     /* the type flag of the entry itself */
	uint32_t mode; /* permissions, as they stand there */
	const char
		*link; /* of a GNU "K" record, in the bytes and without an end; or NULL */
	size_t link_size;
};

/* Reads the blocks from an entry's start to its data: extensions, then the entry's own. 0;
 * -EBADMSG with what is wrong; the text has no name in it. */
int tar_header_read(const char *bytes, size_t size, struct tar_header *ret_header,
		    struct err *err);

/* Is a block of that type a word about the next one? */
bool tar_is_extension(char type);

/* The bytes that follow the header @block, by its own field; 0 where that is no number. */
uint64_t tar_size(const char *block);
