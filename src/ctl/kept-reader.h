/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Reading the log that a store keeps of an application: the older file, then the newer one,
 * which somebody may be writing. */
#include "ctl/ctl.h"
#include "format/kept.h"
#include "store/volume.h"

struct kept_reader {
	int fds[2]; /* older and newer, -EBADF: none */
	size_t at;  /* which of them */
	uint64_t offset;
	size_t from, used; /* of buf */
	char buf[2 * KEPT_LINE_SIZE];
	char boot[KEPT_BOOT_SIZE]; /* of the next line; "": nobody knows */
	uint64_t number;	   /* of its record, since that boot */
	uint64_t lost; /* records that are missing before the line, of its boot */
};

/* Opens what is kept of @name, NULL: of the only one there is. 1; 0: nothing is; -errno. */
int kept_reader_open(struct kept_reader *reader, const struct ctl *ctl, const char *name,
		     struct err *err);

/* Begins anew. */
void kept_reader_rewind(struct kept_reader *reader);

/* The next line, whose text is in the reader's buffer, with room for a NUL behind it. 1, 0
 * at the end, or -errno. What is no line is passed over. */
int kept_reader_next(struct kept_reader *reader, struct kept_line *ret_line);

/* What the log @name is called below the directory @logs, NULL: the only one there is; of a
 * set's member it may be SET+@name. 1; 0: there is none; 2: there are several, and this is
 * one of them; -errno. */
int kept_reader_find(int logs, const char *name, char ret_name[VOLUME_OWNER_SIZE]);
