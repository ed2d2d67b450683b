/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* `KIND <key id> ecdsa-p256-sha256 <base64>`: a line of the signature file and of the
 * keyring. */
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "format/lines.h"
#include "format/signature.h"

struct str;

/* Reads the line that lines_next() found. Returns the count of bytes, at most @room;
 * -EBADMSG. */
int key_line_read(struct lines *lines, const char *kind, char ret_id[KEY_ID_SIZE],
		  uint8_t *ret_bytes, size_t room, struct err *err);

/* @count is at most SIGNATURE_DER_SIZE. */
void key_line_write(struct str *s, const char *kind, const char *id, const uint8_t *bytes,
		    size_t count);
