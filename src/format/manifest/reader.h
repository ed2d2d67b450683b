/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the functions that read one line of a manifest share. */
#include <stddef.h>

#include "format/lines.h"
#include "format/manifest.h"
#include "format/manifest/key.h"

struct manifest_reader {
	struct lines lines;
	struct manifest *manifest;
	struct err *err;
	uint64_t seen;		/* bit i: manifest_keys[i] had a line */
	const char *supervised; /* the last key that goes with `run supervise` only */
};

/* 0, or -ENOTSUP: nobody here has feature level @level. */
int manifest_check_level(uint64_t level, struct err *err);

/* -EBADMSG with "line N: KEY: @words". */
int manifest_refuse(const struct manifest_reader *reader, const struct manifest_key *key,
		    const char *words);

/* The line's next word. 1, or -EBADMSG when there is none. */
int manifest_next_word(struct manifest_reader *reader, const struct manifest_key *key,
		       const char **ret_word, size_t *ret_size);

/* Decodes a spelling into the manifest's arena. NULL: it is not one (the arena is as
 * large as the largest file, so there is always room). */
const char *manifest_keep_spelling(const struct manifest_reader *reader, const char *text,
				   size_t size, int spaces);

/* One each for the shapes that take more than a text or a number. Items of a list are put
 * behind the last one; the caller counts them. */
int manifest_read_layer(struct manifest_reader *reader, const struct manifest_key *key);
int manifest_read_member(struct manifest_reader *reader, const struct manifest_key *key);
int manifest_read_boot(struct manifest_reader *reader, const struct manifest_key *key);
int manifest_read_upper(struct manifest_reader *reader, const struct manifest_key *key);
int manifest_read_volume(struct manifest_reader *reader, const struct manifest_key *key);
int manifest_read_restart(struct manifest_reader *reader, const struct manifest_key *key);
