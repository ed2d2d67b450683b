/* SPDX-License-Identifier: Apache-2.0 */
#include "format/key-line.h"

#include <string.h>

#include "base/str.h"

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

static int read_kind(struct lines *lines, enum key_kind *ret_kind, struct err *err)
{
	const char *word = "";
	size_t size = 0;
	int r = lines_word(lines, &word, &size, err);

	if (r < 0)
		return r;
	r = key_kind_find(word, size);
	if (r < 0)
		return lines_bad(lines, err, "unknown algorithm");
	*ret_kind = (enum key_kind)r;
	return 0;
}

int key_line_read(struct lines *lines, const char *name, struct key_line *ret_line,
		  struct err *err)
{
	int r;

	if (!lines_is(lines, name))
		return lines_bad(lines, err, "must start with `%s`", name);
	r = read_id(lines, ret_line->id, err);
	if (r >= 0)
		r = read_kind(lines, &ret_line->kind, err);
	if (r < 0)
		return r;
	r = str_base64_decode(lines->value, lines->value_size, ret_line->bytes,
			      sizeof(ret_line->bytes));
	if (r <= 0)
		return lines_bad(lines, err, "must end in base64 of at most %d bytes",
				 KEY_MAX_BYTES);
	ret_line->size = (size_t)r;
	return 0;
}

void key_line_write(struct str *s, const char *name, const struct key_line *line)
{
	char text[(KEY_MAX_BYTES + 2) / 3 * 4 + 1];

	str_base64_encode(line->bytes, line->size, text);
	str_addf(s, "%s %s %s %s\n", name, line->id, key_kind_name(line->kind), text);
}
