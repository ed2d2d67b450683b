/* SPDX-License-Identifier: Apache-2.0 */
/* gzip by zlib itself: libarchive does not compare the checksums of trailers. RFC 1952. */
#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

#include "pack/host/decompress/parts.h"

#define GZIP_ONLY (16 + MAX_WBITS)

static bool begins(const uint8_t *bytes, size_t size)
{
	return size >= 3 && bytes[0] == 0x1f && bytes[1] == 0x8b && bytes[2] == 8;
}

static int gzip_open(struct decompress *decompress)
{
	z_stream *z = calloc(1, sizeof(*z));

	if (!z)
		return -ENOMEM;
	if (inflateInit2(z, GZIP_ONLY) != Z_OK) {
		free(z);
		return -ENOMEM;
	}
	decompress->state = z;
	return 0;
}

static void gzip_close(struct decompress *decompress)
{
	(void)inflateEnd(decompress->state);
	free(decompress->state);
}

/* Behind a member: another one, or the end. 1, 0 or -errno. */
static int next_member(struct decompress *decompress, struct err *err)
{
	if (decompress->in_size == 0) {
		ssize_t n = decompress_more(decompress, err);

		if (n <= 0)
			return (int)n;
	}
	if (decompress->in[0] != 0x1f)
		return 0;
	return inflateReset(decompress->state) == Z_OK ? 1 : -EINVAL;
}

static ssize_t gzip_next(struct decompress *decompress, const void **ret_bytes,
			 struct err *err)
{
	z_stream *z = decompress->state;

	z->next_out = decompress->out;
	z->avail_out = (uInt)sizeof(decompress->out);
	while (z->avail_out == sizeof(decompress->out) && !decompress->ended) {
		int r;

		if (decompress->in_size == 0) {
			ssize_t n = decompress_more(decompress, err);

			if (n <= 0)
				return n < 0 ? n
					     : decompress_damaged(decompress, "truncated",
								  err);
		}
		z->next_in = (Bytef *)decompress->in;
		z->avail_in = (uInt)decompress->in_size;
		r = inflate(z, Z_NO_FLUSH);
		decompress->in += decompress->in_size - z->avail_in;
		decompress->in_size = z->avail_in;
		if (r == Z_MEM_ERROR)
			return err_errno(err, -ENOMEM, "gzip");
		if (r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR)
			return decompress_damaged(decompress, z->msg ? z->msg : "damaged",
						  err);
		if (r != Z_STREAM_END)
			continue;
		r = next_member(decompress, err);
		if (r < 0)
			return r;
		decompress->ended = r == 0;
	}
	*ret_bytes = decompress->out;
	return (ssize_t)(sizeof(decompress->out) - z->avail_out);
}

const struct codec codec_gzip = { "gzip", begins, gzip_open, gzip_close, gzip_next };
