/* SPDX-License-Identifier: Apache-2.0 */
#include "format/der.h"

#include <errno.h>
#include <string.h>

/*
 * One INTEGER of at most 32 bytes, positive and without needless zeros, as 32 bytes big
 * endian. Returns how many bytes of @der it took, or -EBADMSG.
 */
static int decode_integer(const uint8_t *der, size_t size, uint8_t ret_number[32])
{
	size_t count = size >= 2 ? der[1] : 0, skip;

	if (count == 0 || count > 33 || count > size - 2 || der[0] != 0x02)
		return -EBADMSG;
	der += 2;
	if (der[0] & 0x80)
		return -EBADMSG;
	/* One leading zero, only where the next bit would make the number negative. Zero
	 * itself is no part of any signature. */
	skip = der[0] == 0;
	if (skip && (count == 1 || !(der[1] & 0x80)))
		return -EBADMSG;
	if (count - skip > 32)
		return -EBADMSG;
	memset(ret_number, 0, 32);
	memcpy(ret_number + 32 - (count - skip), der + skip, count - skip);
	return (int)count + 2;
}

int der_decode(const uint8_t *der, size_t size, uint8_t ret_raw[DER_RAW_SIZE])
{
	uint8_t raw[DER_RAW_SIZE];
	int r, s;

	if (size < 2 || size > DER_MAX_SIZE || der[0] != 0x30 || der[1] != size - 2)
		return -EBADMSG;
	r = decode_integer(der + 2, size - 2, raw);
	if (r < 0)
		return r;
	s = decode_integer(der + 2 + r, size - 2 - (size_t)r, raw + 32);
	if (s < 0)
		return s;
	if ((size_t)r + (size_t)s != size - 2)
		return -EBADMSG;
	memcpy(ret_raw, raw, sizeof(raw));
	return 0;
}

static size_t encode_integer(const uint8_t number[32], uint8_t *ret_der)
{
	size_t skip = 0, zero;

	while (skip < 31 && number[skip] == 0)
		skip++;
	zero = number[skip] >> 7;
	ret_der[0] = 0x02;
	ret_der[1] = (uint8_t)(32 - skip + zero);
	ret_der[2] = 0;
	memcpy(ret_der + 2 + zero, number + skip, 32 - skip);
	return 2 + zero + 32 - skip;
}

size_t der_encode(const uint8_t raw[DER_RAW_SIZE], uint8_t ret_der[DER_MAX_SIZE])
{
	size_t r = encode_integer(raw, ret_der + 2);
	size_t s = encode_integer(raw + 32, ret_der + 2 + r);

	ret_der[0] = 0x30;
	ret_der[1] = (uint8_t)(r + s);
	return 2 + r + s;
}
