/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the files of this folder share; decompress.h is for everybody else. */
#include <stdint.h>

#include "pack/host/decompress.h"

#define DECOMPRESS_HEAD ((size_t)512)
#define DECOMPRESS_ROOM ((size_t)256 << 10)

struct decompress;

struct codec {
	const char *name;
	/* Do the first @size bytes, all that there are or more than any magic has, begin its
	 * format? */
	bool (*begins)(const uint8_t *bytes, size_t size);
	/* Puts its state into decompress->state. 0 or -errno. */
	int (*open)(struct decompress *decompress);
	void (*close)(struct decompress *decompress);
	/* The next bytes, as decompress_next(). At the end of what is its format's it sets
	 * ended; 0 is only given then. */
	ssize_t (*next)(struct decompress *decompress, const void **ret_bytes,
			struct err *err);
};

struct decompress {
	const struct codec *codec; /* NULL: plain */
	void *state;
	decompress_source_fn *source;
	void *context;
	const uint8_t *in; /* stored bytes that are not used yet */
	size_t in_size;
	bool ended;		       /* the codec's format has come to its end */
	bool checked;		       /* and what follows is nothing */
	uint8_t head[DECOMPRESS_HEAD]; /* the first bytes, from however many reads */
	const uint8_t *rest;	       /* what the last of those reads had over */
	size_t rest_size;
	uint8_t out[DECOMPRESS_ROOM];
};

extern const struct codec codec_gzip, codec_zstd, codec_bzip2, codec_xz;

/* More stored bytes into in; those that were there are gone. Their count, 0 or -errno. */
ssize_t decompress_more(struct decompress *decompress, struct err *err);

/* -EBADMSG with the codec's name and @what. */
int decompress_damaged(const struct decompress *decompress, const char *what,
		       struct err *err);
