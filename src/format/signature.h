/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The signature file beside a manifest. lamina-signature(5) is the format's source. */
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "format/key-line.h"

#define SIGNATURE_MAX_SIZE 8192 /* bytes of the file */
#define SIGNATURE_MAX_COUNT 8

struct signature_file {
	size_t count; /* 1 or more after a good parse; distinct key ids only */
	struct key_line lines[SIGNATURE_MAX_COUNT];
};

/* Reads `sig <key id> <algorithm> <base64>` lines. 0, -EBADMSG with the reason
 * (an empty file, more than SIGNATURE_MAX_COUNT, one key id twice), or -EFBIG. */
int signature_file_parse(const char *bytes, size_t size, struct signature_file *ret_file,
			 struct err *err);

/* Returns the text's size or -ENAMETOOLONG. */
int signature_file_write(const struct signature_file *file, char *ret_text, size_t size);
