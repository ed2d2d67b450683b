/* SPDX-License-Identifier: Apache-2.0 */
/* bzip2 and xz by libarchive, which makes all checks of theirs. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pack/host/decompress/parts.h"

struct state {
	struct archive *archive;
	struct decompress *decompress;
	struct err *err; /* of the call that is running */
	bool started;
	int source_errno;
	uint64_t given; /* stored bytes, to libarchive */
};

static bool begins_bzip2(const uint8_t *bytes, size_t size)
{
	return size >= 4 && memcmp(bytes, "BZh", 3) == 0 && bytes[3] >= '1' &&
	       bytes[3] <= '9';
}

static bool begins_xz(const uint8_t *bytes, size_t size)
{
	return size >= 6 && memcmp(bytes, "\3757zXZ\0", 6) == 0;
}

static la_ssize_t give(struct archive *archive, void *context, const void **ret_bytes)
{
	struct state *state = context;
	struct decompress *decompress = state->decompress;
	const uint8_t *in = decompress->in;
	size_t size = decompress->in_size;
	ssize_t n = (ssize_t)size;

	/* the first bytes were read already, to know what they are */
	if (n == 0 || state->given)
		n = decompress_more(decompress, state->err);
	if (n == 0) { /* end() wants what was last */
		decompress->in = in;
		decompress->in_size = size;
	}
	if (n < 0) {
		state->source_errno = (int)n;
		archive_set_error(archive, (int)-n, "reading it");
		return ARCHIVE_FATAL;
	}
	state->given += (uint64_t)n;
	*ret_bytes = decompress->in;
	return n;
}

static int archive_open(struct decompress *decompress,
			int (*support)(struct archive *archive))
{
	struct state *state = calloc(1, sizeof(*state));

	if (state)
		state->archive = archive_read_new();
	if (!state || !state->archive) {
		free(state);
		return -ENOMEM;
	}
	(void)support(state->archive);
	(void)archive_read_support_format_raw(state->archive);
	(void)archive_read_support_format_empty(state->archive);
	state->decompress = decompress;
	decompress->state = state;
	return 0;
}

static int bzip2_open(struct decompress *decompress)
{
	return archive_open(decompress, archive_read_support_filter_bzip2);
}

static int xz_open(struct decompress *decompress)
{
	return archive_open(decompress, archive_read_support_filter_xz);
}

static void archive_close(struct decompress *decompress)
{
	struct state *state = decompress->state;

	(void)archive_read_free(state->archive);
	free(state);
}

static int failed(struct decompress *decompress, struct err *err)
{
	struct state *state = decompress->state;
	const char *why = archive_error_string(state->archive);

	if (state->source_errno)
		return state->source_errno;
	return decompress_damaged(decompress, why ? why : "damaged", err);
}

static int start(struct state *state)
{
	struct archive_entry *entry;
	int r = archive_read_open(state->archive, state, NULL, give, NULL);

	return r == ARCHIVE_OK ? archive_read_next_header(state->archive, &entry) : r;
}

/* What libarchive was given and did not use stands at the end of what it was given last. */
static ssize_t end(struct decompress *decompress, struct err *err)
{
	struct state *state = decompress->state;
	uint64_t used = (uint64_t)archive_filter_bytes(state->archive, -1);
	uint64_t over = state->given - used;

	decompress->ended = true;
	if (over > decompress->in_size)
		return decompress_damaged(decompress, "other bytes follow its end", err);
	decompress->in += decompress->in_size - over;
	decompress->in_size = (size_t)over;
	return 0;
}

static ssize_t archive_next(struct decompress *decompress, const void **ret_bytes,
			    struct err *err)
{
	struct state *state = decompress->state;
	la_int64_t offset;
	size_t size = 0;
	int r = ARCHIVE_OK;

	state->err = err;
	if (!state->started)
		r = start(state);
	state->started = true;
	while ((r == ARCHIVE_OK || r == ARCHIVE_WARN) && size == 0)
		r = archive_read_data_block(state->archive, ret_bytes, &size, &offset);
	if (r == ARCHIVE_EOF)
		return end(decompress, err);
	return r == ARCHIVE_OK || r == ARCHIVE_WARN ? (ssize_t)size
						    : failed(decompress, err);
}

const struct codec codec_bzip2 = { "bzip2", begins_bzip2, bzip2_open, archive_close,
				   archive_next };
const struct codec codec_xz = { "xz", begins_xz, xz_open, archive_close, archive_next };
