/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zstd by its own library: libarchive takes no frame whose window is larger than 128 MiB, as
 * `zstd --long=31` makes them. The memory is the frame's to ask for, up to 2 GiB. RFC 8878.
 */
#include <errno.h>
#include <stdlib.h>
#include <zstd.h>

#include "pack/host/decompress/parts.h"

static uint32_t magic_of(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

/* A frame, or one of those that carry something else, as zstd:chunked has them. */
static bool begins(const uint8_t *bytes, size_t size)
{
	return size >= 4 && (magic_of(bytes) == ZSTD_MAGICNUMBER ||
			     (magic_of(bytes) & ZSTD_MAGIC_SKIPPABLE_MASK) ==
				     ZSTD_MAGIC_SKIPPABLE_START);
}

struct state {
	ZSTD_DStream *stream;
	bool inside; /* of a frame */
};

static int zstd_open(struct decompress *decompress)
{
	ZSTD_bounds window = ZSTD_dParam_getBounds(ZSTD_d_windowLogMax);
	struct state *state = calloc(1, sizeof(*state));

	if (state)
		state->stream = ZSTD_createDStream();
	if (!state || !state->stream) {
		free(state);
		return -ENOMEM;
	}
	(void)ZSTD_DCtx_setParameter(state->stream, ZSTD_d_windowLogMax,
				     window.upperBound);
	decompress->state = state;
	return 0;
}

static void zstd_close(struct decompress *decompress)
{
	struct state *state = decompress->state;

	(void)ZSTD_freeDStream(state->stream);
	free(state);
}

/* More to read. 1; 0 at the end; -errno. */
static int refill(struct decompress *decompress, struct err *err)
{
	const struct state *state = decompress->state;
	ssize_t n = decompress_more(decompress, err);

	if (n == 0 && state->inside)
		return decompress_damaged(decompress, "truncated", err);
	decompress->ended = n == 0;
	return n < 0 ? (int)n : n > 0;
}

static ssize_t zstd_next(struct decompress *decompress, const void **ret_bytes,
			 struct err *err)
{
	struct state *state = decompress->state;
	ZSTD_outBuffer out = { decompress->out, sizeof(decompress->out), 0 };

	while (out.pos == 0) {
		ZSTD_inBuffer in = { decompress->in, decompress->in_size, 0 };
		size_t left;
		int r = in.size ? 1 : refill(decompress, err);

		if (r <= 0)
			return r;
		if (in.size == 0)
			continue;
		left = ZSTD_decompressStream(state->stream, &out, &in);
		decompress->in += in.pos;
		decompress->in_size -= in.pos;
		if (ZSTD_isError(left))
			return decompress_damaged(decompress, ZSTD_getErrorName(left),
						  err);
		state->inside = left != 0;
	}
	*ret_bytes = decompress->out;
	return (ssize_t)out.pos;
}

const struct codec codec_zstd = { "zstd", begins, zstd_open, zstd_close, zstd_next };
