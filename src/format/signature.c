/* SPDX-License-Identifier: Apache-2.0 */
#include "format/signature.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "format/lines.h"

static int read_line(struct lines *lines, struct signature_file *file, struct err *err)
{
	struct key_line *line = &file->lines[file->count];
	int r;

	if (file->count == SIGNATURE_MAX_COUNT)
		return lines_bad(lines, err, "more than %d signatures",
				 SIGNATURE_MAX_COUNT);
	r = key_line_read(lines, "sig", line, err);
	if (r < 0)
		return r;
	if (!key_kind_is_signature(line->kind, line->bytes, line->size))
		return lines_bad(lines, err, "is not a signature of %s",
				 key_kind_name(line->kind));
	for (size_t i = 0; i < file->count; i++)
		if (strcmp(file->lines[i].id, line->id) == 0)
			return lines_bad(lines, err, "key %s stands there twice",
					 line->id);
	file->count++;
	return 0;
}

int signature_file_parse(const char *bytes, size_t size, struct signature_file *ret_file,
			 struct err *err)
{
	struct lines lines;
	int r;

	if (size > SIGNATURE_MAX_SIZE)
		return err_set(err, -EFBIG, "is larger than %d bytes",
			       SIGNATURE_MAX_SIZE);
	ret_file->count = 0;
	lines_init(&lines, bytes, size);
	while ((r = lines_next(&lines, err)) > 0) {
		r = read_line(&lines, ret_file, err);
		if (r < 0)
			return r;
	}
	if (r == 0 && ret_file->count == 0)
		return err_set(err, -EBADMSG, "holds no signature");
	return r;
}

int signature_file_write(const struct signature_file *file, char *ret_text, size_t size)
{
	struct str s;

	if (size == 0)
		return -ENAMETOOLONG;
	str_init(&s, ret_text, size);
	for (size_t i = 0; i < file->count; i++)
		key_line_write(&s, "sig", &file->lines[i]);
	return str_done(&s) < 0 ? -ENAMETOOLONG : (int)s.used;
}

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

int signature_der_decode(const uint8_t *der, size_t size, uint8_t ret_raw[64])
{
	uint8_t raw[64];
	int r, s;

	if (size < 2 || size > SIGNATURE_DER_SIZE || der[0] != 0x30 || der[1] != size - 2)
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

size_t signature_der_encode(const uint8_t raw[64], uint8_t ret_der[SIGNATURE_DER_SIZE])
{
	size_t r = encode_integer(raw, ret_der + 2);
	size_t s = encode_integer(raw + 32, ret_der + 2 + r);

	ret_der[0] = 0x30;
	ret_der[1] = (uint8_t)(r + s);
	return 2 + r + s;
}
