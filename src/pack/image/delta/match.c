/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/image/delta/match.h"

#include <string.h>

static size_t alike(const uint8_t *a, const uint8_t *b, size_t most)
{
	size_t size = 0;

	while (most - size >= 512 && memcmp(a + size, b + size, 512) == 0)
		size += 512;
	while (size < most && a[size] == b[size])
		size++;
	return size;
}

/* What is alike around these two places, behind the match before. */
static struct delta_match extend(const struct delta_matches *m, size_t from, size_t to)
{
	const struct delta_view *base = m->index->of;
	size_t from_left = base->size - from, to_left = m->to_size - to;
	struct delta_match match = { .to = to, .from = from };

	match.size = alike(base->bytes + from, m->to + to,
			   from_left < to_left ? from_left : to_left);
	while (match.size && match.to > m->last.to + m->last.size && match.from > 0 &&
	       base->bytes[match.from - 1] == m->to[match.to - 1]) {
		match.to--;
		match.from--;
		match.size++;
	}
	return match;
}

/* Of what the index knows and what follows the match before, the longer one. */
static struct delta_match choose(const struct delta_matches *m, size_t from, size_t to)
{
	size_t ahead = m->last.from + (to - m->last.to);
	struct delta_match match = extend(m, from, to), other;

	if (ahead == from || ahead >= m->index->of->size)
		return match;
	other = extend(m, ahead, to);
	return other.size >= match.size ? other : match;
}

bool delta_match_next(struct delta_matches *m, struct delta_match *ret_match)
{
	const uint64_t *numbers = delta_index_numbers();
	size_t begin = m->last.to + m->last.size;
	uint64_t sum = 0;

	for (size_t at = begin; at < m->to_size; at++) {
		size_t to = at + 1 - INDEX_WINDOW, from;

		sum = delta_index_add(sum, numbers, m->to[at]);
		if (at + 1 - begin < INDEX_WINDOW || !delta_index_may_find(m->index, sum))
			continue;
		from = delta_index_find(m->index, sum, m->to + to);
		if (from == SIZE_MAX)
			continue;
		*ret_match = m->last = choose(m, from, to);
		return true;
	}
	return false;
}
