/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/image/delta.h"

#include <errno.h>

#include "pack/image/delta/match.h"

#define PIECES 512
#define PIECE_BYTES ((size_t)1 << 10)

static size_t bytes_known(const struct delta_index *base, const uint8_t *bytes,
			  size_t size)
{
	struct delta_matches matches = { .index = base, .to = bytes, .to_size = size };
	struct delta_match match;
	size_t known = 0;

	while (delta_match_next(&matches, &match))
		known += match.size;
	return known;
}

/* What a layer has of @to, of pieces that are evenly apart. */
struct share {
	size_t known, of;
};

static int ask(const struct delta_data *from, const struct delta_view *to,
	       struct share *ret_share)
{
	size_t apart = to->size / PIECES > PIECE_BYTES ? to->size / PIECES : PIECE_BYTES;
	__delta_view struct delta_view view = DELTA_VIEW_INIT;
	__delta_index struct delta_index index = DELTA_INDEX_INIT;
	int r = delta_view_open(from, &view);

	if (r == 0)
		r = delta_index_make(&view, &index);
	*ret_share = (struct share){ 0 };
	for (size_t at = 0; r == 0 && at < to->size; at += apart) {
		size_t left = to->size - at;
		size_t size = left < PIECE_BYTES ? left : PIECE_BYTES;

		ret_share->known += bytes_known(&index, to->bytes + at, size);
		ret_share->of += size;
	}
	return r;
}

/* The one of the same place nearly always is it. Where it has half of the bytes, no other one has as
 * much, unless the image has them twice. */
static bool is_it(const struct share *share)
{
	return share->known > share->of / 2;
}

static int look(const struct delta_data *from, size_t count, const struct delta_view *to,
		size_t like, size_t *ret_index)
{
	struct share best = { 0 }, share;
	int r = like < count ? ask(&from[like], to, &best) : 0;

	*ret_index = like < count ? like : 0;
	if (is_it(&best))
		return r;
	for (size_t i = 0; r == 0 && i < count; i++) {
		if (i == like)
			continue;
		r = ask(&from[i], to, &share);
		if (share.known <= best.known)
			continue;
		best = share;
		*ret_index = i;
	}
	return r;
}

int delta_base(const struct delta_data *from, size_t count, const struct delta_data *to,
	       size_t like, size_t *ret_index, struct err *err)
{
	__delta_view struct delta_view view = DELTA_VIEW_INIT;
	int r = 0;

	*ret_index = 0;
	if (count > 1)
		r = delta_view_open(to, &view);
	if (r == 0 && count > 1)
		r = look(from, count, &view, like, ret_index);
	return r < 0 ? err_errno(err, r, "looking for a delta's base") : 0;
}
