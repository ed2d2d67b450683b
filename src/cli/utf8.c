/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/utf8.h"

#include <string.h>

/* Bytes of a character by its first one; 0: none begins so. */
static int length_of(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2)
		return 0;
	if (first < 0xe0)
		return 2;
	return first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
}

int32_t utf8_next(const char **text)
{
	/* the least code point that takes so many bytes: others are misspelled */
	static const int32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *at = (const unsigned char *)*text;
	int length = length_of(*at);
	int32_t code;

	if (*at == 0)
		return 0;
	(*text)++;
	if (length < 2)
		return length ? *at : -1;
	code = *at & (0x7f >> length);
	for (int i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return -1;
		code = code << 6 | (at[i] & 0x3f);
	}
	if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return -1;
	*text += length - 1;
	return code;
}

bool utf8_is_control(int32_t code)
{
	return (code >= 0 && code < 0x20) || (code >= 0x7f && code < 0xa0);
}

void utf8_clean(char *text)
{
	const char *at = text;
	char *to = text;

	while (*at) {
		const char *from = at;
		int32_t code = utf8_next(&at);
		size_t size = (size_t)(at - from);

		if (code < 0 || utf8_is_control(code)) {
			*to++ = '?';
			continue;
		}
		memmove(to, from, size);
		to += size;
	}
	*to = '\0';
}
