/* SPDX-License-Identifier: Apache-2.0 */
#include "format/key-line.h"

#include <string.h>

#include "base/str.h"

/* The one there is. A word of the line, so that another can be told from it, but what
 * decides how to verify is the key. */
#define ALGORITHM "ecdsa-p256-sha256"

static int read_id(struct lines *lines, char ret_id[KEY_ID_SIZE], struct err *err)
{
	uint8_t bytes[(KEY_ID_SIZE - 1) / 2];
	const char *word;
	size_t size;
	int r = lines_word(lines, &word, &size, err);

	if (r < 0)
		return r;
	if (r == 0 || str_hex_decode(word, size, bytes, sizeof(bytes)) < 0)
		return lines_bad(lines, err, "a key id is 16 lower-case hex digits");
	memcpy(ret_id, word, size);
	ret_id[size] = '\0';
	return 0;
}

int key_line_read(struct lines *lines, const char *kind, char ret_id[KEY_ID_SIZE],
		  uint8_t *ret_bytes, size_t room, struct err *err)
{
	const char *word;
	size_t size;
	int r;

	if (!lines_is(lines, kind))
		return lines_bad(lines, err, "must start with `%s`", kind);
	r = read_id(lines, ret_id, err);
	if (r < 0)
		return r;
	r = lines_word(lines, &word, &size, err);
	if (r < 0)
		return r;
	if (r == 0 || !lines_equal(word, size, ALGORITHM))
		return lines_bad(lines, err, "the algorithm must be " ALGORITHM);
	r = str_base64_decode(lines->value, lines->value_size, ret_bytes, room);
	if (r <= 0)
		return lines_bad(lines, err, "must end in base64 of at most %zu bytes",
				 room);
	return r;
}

void key_line_write(struct str *s, const char *kind, const char *id, const uint8_t *bytes,
		    size_t count)
{
	char text[(SIGNATURE_DER_SIZE + 2) / 3 * 4 + 1];

	str_base64_encode(bytes, count, text);
	str_addf(s, "%s %s " ALGORITHM " %s\n", kind, id, text);
}
