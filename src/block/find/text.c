/* SPDX-License-Identifier: Apache-2.0 */
#include "block/find/text.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

void text_uuid(const uint8_t bytes[16], char ret_text[TEXT_UUID_SIZE])
{
	char digits[33], *to = ret_text;

	str_hex_encode(bytes, 16, digits);
	for (int i = 0; i < 32; i++) {
		if (i == 8 || i == 12 || i == 16 || i == 20)
			*to++ = '-';
		*to++ = digits[i];
	}
	*to = '\0';
}

static int finish(const struct str *text)
{
	int r = str_done(text);

	if (r < 0)
		text->buf[0] = '\0';
	return r;
}

int text_latin(const uint8_t *bytes, size_t count, char *ret_text, size_t size)
{
	struct str text;

	str_init(&text, ret_text, size);
	str_add_bytes(&text, (const char *)bytes, strnlen((const char *)bytes, count));
	return finish(&text);
}

static void add_utf8(struct str *text, uint32_t c)
{
	char bytes[4];
	size_t more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	static const uint8_t lead[] = { 0x00, 0xc0, 0xe0, 0xf0 };

	bytes[0] = (char)(lead[more] | c >> 6 * more);
	for (size_t i = 1; i <= more; i++)
		bytes[i] = (char)(0x80 | (c >> 6 * (more - i) & 0x3f));
	str_add_bytes(text, bytes, more + 1);
}

static uint32_t unit(const uint8_t *bytes, size_t i)
{
	return bytes[2 * i] | (uint32_t)bytes[2 * i + 1] << 8;
}

int text_utf16(const uint8_t *bytes, size_t units, char *ret_text, size_t size)
{
	struct str text;

	str_init(&text, ret_text, size);
	for (size_t i = 0; i < units && unit(bytes, i); i++) {
		uint32_t c = unit(bytes, i);
		uint32_t next = i + 1 < units ? unit(bytes, i + 1) : 0;

		if (c >> 10 == 0xd800 >> 10 && next >> 10 == 0xdc00 >> 10) {
			c = 0x10000 + ((c & 0x3ff) << 10 | (next & 0x3ff));
			i++;
		} else if (c >> 11 == 0xd800 >> 11) {
			c = 0xfffd;
		}
		add_utf8(&text, c);
	}
	return finish(&text);
}
