/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"

#include <string.h>

#include "base/str.h"

bool digest_is_set(const struct digest *digest)
{
	static const struct digest none;

	return !digest_equal(digest, &none);
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

const char *digest_hex(const struct digest *digest, char ret_text[DIGEST_HEX_SIZE])
{
	str_hex_encode(digest->bytes, sizeof(digest->bytes), ret_text);
	return ret_text;
}

struct digest_text digest_text(const struct digest *digest)
{
	struct digest_text text;

	(void)digest_hex(digest, text.hex);
	return text;
}

int digest_parse(const char *text, size_t size, struct digest *ret_digest)
{
	return str_hex_decode(text, size, ret_digest->bytes, sizeof(ret_digest->bytes));
}
