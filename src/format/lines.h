/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The one line format of manifest, signature file, keyring and policy: ASCII lines ended
 * by LF, `key value...`, words separated by exactly one space, %XX (two upper-case hex
 * digits) for any byte outside printable ASCII, for `%`, and for a space inside a word or
 * at an end of a text. CR, NUL, an empty line, a space at either end of a line, a last
 * line without LF and a needless %XX are refused: a value has one spelling.
 * lamina-manifest(5) is the source.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct lines {
	const char *at, *end;
	bool comments; /* the policy's: pass over empty lines and lines that start with # */
	unsigned int number; /* of the line last returned, from 1 */
	const char *key;     /* borrowed from the buffer, not ended */
	size_t key_size;
	const char *value; /* what follows the key's space; size 0 when there is none */
	size_t value_size;
};

/* Starts over @size bytes, which stay the caller's. */
void lines_init(struct lines *lines, const char *bytes, size_t size);

/* Next line into key and value. 1; 0 at the end; -EBADMSG with line number and reason. */
int lines_next(struct lines *lines, struct err *err);

/* Cuts the first word off the value. 1; 0 when nothing is left; -EBADMSG. */
int lines_word(struct lines *lines, const char **ret_word, size_t *ret_size,
	       struct err *err);

/* Is the key @name? */
int lines_is(const struct lines *lines, const char *name);

/* Is that word @name? */
int lines_equal(const char *word, size_t size, const char *name);

/* Decodes %XX of a word or of a rest of line (where plain spaces are allowed: @spaces)
 * into @ret_text, which gets a NUL. Returns the decoded size; -EBADMSG for a spelling that
 * lines_encode() would not choose, or a NUL; -ENOBUFS. */
int lines_decode(const char *text, size_t size, int spaces, char *ret_text, size_t room);

/* -EBADMSG with "line N: " and the formatted reason; without, before the first line. */
int lines_bad(const struct lines *lines, struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

struct str;
/* Encodes @text as lines_decode() reads it back. */
void lines_encode(struct str *s, const char *text, int spaces);
