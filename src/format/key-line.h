/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* `NAME <key id> <algorithm> <base64>`: a line of the signature file and of the keyring.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "format/key-kind.h"
#include "format/lines.h"

struct str;

struct key_line {
	char id[KEY_ID_SIZE];
	enum key_kind kind;
	size_t size; /* of bytes */
	uint8_t bytes[KEY_MAX_BYTES];
};

/* Reads the line that lines_next() found; whether its bytes are those of the kind is the
 * caller's to check. 0 or -EBADMSG. */
int key_line_read(struct lines *lines, const char *name, struct key_line *ret_line,
		  struct err *err);

void key_line_write(struct str *s, const char *name, const struct key_line *line);
