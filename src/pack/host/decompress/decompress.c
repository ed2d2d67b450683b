/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/host/decompress.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pack/host/decompress/parts.h"

static const struct codec *const codecs[] = { &codec_gzip, &codec_zstd, &codec_bzip2,
					      &codec_xz };

ssize_t decompress_more(struct decompress *decompress, struct err *err)
{
	const void *bytes = decompress->rest;
	ssize_t n = (ssize_t)decompress->rest_size;

	decompress->rest_size = 0;
	if (n == 0)
		n = decompress->source(decompress->context, &bytes);
	if (n < 0)
		return err_errno(err, (int)n, "reading it");
	decompress->in = bytes;
	decompress->in_size = (size_t)n;
	return n;
}

int decompress_damaged(const struct decompress *decompress, const char *what,
		       struct err *err)
{
	return err_set(err, -EBADMSG, "decompressing it: %s: %s", decompress->codec->name,
		       what);
}

/* A tar may begin with a name that looks like a magic. */
static bool is_tar(const uint8_t *bytes, size_t size)
{
	return size >= 262 && memcmp(bytes + 257, "ustar", 5) == 0;
}

/* A pipe may give its first bytes one by one. */
static int read_head(struct decompress *decompress, struct err *err)
{
	size_t used = 0;
	ssize_t n = 1;

	while (used < DECOMPRESS_HEAD && n > 0) {
		size_t part;

		n = decompress_more(decompress, err);
		if (n < 0)
			return (int)n;
		part = (size_t)n < DECOMPRESS_HEAD - used ? (size_t)n
							  : DECOMPRESS_HEAD - used;
		memcpy(decompress->head + used, decompress->in, part);
		used += part;
		decompress->rest = decompress->in + part;
		decompress->rest_size = (size_t)n - part;
	}
	decompress->in = decompress->head;
	decompress->in_size = used;
	return 0;
}

static int choose(struct decompress *decompress, struct err *err)
{
	int n = read_head(decompress, err);

	if (n < 0)
		return n;
	if (is_tar(decompress->in, decompress->in_size))
		return 0;
	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++) {
		if (!codecs[i]->begins(decompress->in, decompress->in_size))
			continue;
		int r = codecs[i]->open(decompress);

		if (r < 0)
			return err_errno(err, r, "%s", codecs[i]->name);
		decompress->codec = codecs[i];
		return 0;
	}
	return 0;
}

int decompress_open(struct decompress **ret_decompress, decompress_source_fn *source,
		    void *context, struct err *err)
{
	struct decompress *decompress = malloc(sizeof(*decompress));
	int r;

	if (!decompress)
		return err_errno(err, -ENOMEM, "decompressing it");
	memset(decompress, 0, offsetof(struct decompress, out));
	decompress->source = source;
	decompress->context = context;
	r = choose(decompress, err);
	if (r < 0) {
		decompress_free(decompress);
		return r;
	}
	*ret_decompress = decompress;
	return 0;
}

void decompress_free(struct decompress *decompress)
{
	if (decompress && decompress->codec)
		decompress->codec->close(decompress);
	free(decompress);
}

bool decompress_is_plain(const struct decompress *decompress)
{
	return !decompress->codec;
}

/* Tapes and some writers fill the last block with zeros. */
static int check_rest(struct decompress *decompress, struct err *err)
{
	ssize_t n = 1;

	while (n > 0) {
		for (size_t i = 0; i < decompress->in_size; i++)
			if (decompress->in[i])
				return decompress_damaged(
					decompress, "other bytes follow its end", err);
		n = decompress_more(decompress, err);
	}
	return (int)n;
}

static ssize_t next_plain(struct decompress *decompress, const void **ret_bytes,
			  struct err *err)
{
	ssize_t n = (ssize_t)decompress->in_size;

	if (n == 0)
		n = decompress_more(decompress, err);
	*ret_bytes = decompress->in;
	decompress->in_size = 0;
	return n;
}

ssize_t decompress_next(struct decompress *decompress, const void **ret_bytes,
			struct err *err)
{
	ssize_t n;

	if (!decompress->codec)
		return next_plain(decompress, ret_bytes, err);
	if (!decompress->ended) {
		n = decompress->codec->next(decompress, ret_bytes, err);
		if (n != 0)
			return n;
	}
	if (decompress->checked)
		return 0;
	decompress->checked = true;
	return check_rest(decompress, err);
}
