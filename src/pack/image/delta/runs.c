/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/image/delta/runs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"

#define STEP ((size_t)64 << 10) /* from one place that is looked for to the next */
#define PLACE_SIZE 64		/* bytes of a place */
#define MOST_AWAY ((size_t)512 << 10)
#define WINDOW (2 * MOST_AWAY + PLACE_SIZE)

struct search {
	const struct delta_data *from, *to;
	struct run last; /* what is looked for begins behind it in both */
	uint64_t budget; /* bytes that may yet be looked through */
	uint8_t *window; /* of WINDOW bytes, then two blocks of STEP */
};

static int read_at(const struct delta_data *data, uint64_t at, void *buf, size_t size)
{
	return fd_pread_all(data->fd, buf, size, data->offset + at);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The place @to, where the layer before has it: as far behind the last run as in the layer after, or so far
 * from there as that has gone on without a run. 1, 0 or -errno. */
static int find_place(struct search *search, uint64_t to, uint64_t *ret_from)
{
	uint8_t place[PLACE_SIZE], *found;
	uint64_t begin = search->last.from + search->last.size_bytes;
	uint64_t gap = to - search->last.to - search->last.size_bytes;
	uint64_t away = least(STEP + gap, MOST_AWAY);
	uint64_t first = begin + gap - least(gap, away);
	uint64_t end = least(begin + gap + away + PLACE_SIZE, search->from->size_bytes);
	size_t size = first < end ? (size_t)(end - first) : 0;
	int r;

	if (size > search->budget)
		size = 0;
	search->budget -= size;
	r = read_at(search->from, first, search->window, size);
	if (r == 0)
		r = read_at(search->to, to, place, sizeof(place));
	if (r < 0)
		return r;
	found = memmem(search->window, size, place, sizeof(place));
	*ret_from = first + (found ? (uint64_t)(found - search->window) : 0);
	return !!found;
}

static int read_both(struct search *search, uint64_t from, uint64_t to, size_t size)
{
	int r = read_at(search->from, from, search->window + WINDOW, size);

	return r < 0 ? r : read_at(search->to, to, search->window + WINDOW + STEP, size);
}

static int grow_back(struct search *search, struct run *run)
{
	const uint8_t *a = search->window + WINDOW, *b = a + STEP;
	uint64_t most = least(run->from - search->last.from - search->last.size_bytes,
			      run->to - search->last.to - search->last.size_bytes);
	size_t size = (size_t)least(most, STEP), same = 0;
	int r = read_both(search, run->from - size, run->to - size, size);

	while (r == 0 && same < size && a[size - 1 - same] == b[size - 1 - same])
		same++;
	run->from -= same;
	run->to -= same;
	return r;
}

static int grow(struct search *search, struct run *run)
{
	const uint8_t *a = search->window + WINDOW, *b = a + STEP;
	uint64_t most = least(search->from->size_bytes - run->from,
			      search->to->size_bytes - run->to);

	while (run->size_bytes < most) {
		size_t size = (size_t)least(most - run->size_bytes, STEP), same = 0;
		int r = read_both(search, run->from + run->size_bytes,
				  run->to + run->size_bytes, size);

		if (r < 0)
			return r;
		if (memcmp(a, b, size) != 0) {
			while (a[same] == b[same])
				same++;
			run->size_bytes += same;
			return 0;
		}
		run->size_bytes += size;
	}
	return 0;
}

static int add(struct runs *runs, const struct run *run)
{
	struct run *list = reallocarray(runs->list, runs->count + 1, sizeof(*runs->list));

	if (!list)
		return -ENOMEM;
	runs->list = list;
	list[runs->count++] = *run;
	return 0;
}

/* Returns the place after it. */
static int look_at(struct search *search, struct runs *runs, uint64_t *to)
{
	struct run run = { .to = *to };
	int r = find_place(search, run.to, &run.from);

	*to += STEP;
	if (r <= 0)
		return r;
	r = grow_back(search, &run);
	if (r == 0)
		r = grow(search, &run);
	if (r < 0 || run.size_bytes < STEP)
		return r;
	search->last = run;
	*to = run.to + run.size_bytes;
	return add(runs, &run);
}

int runs_find(const struct delta_data *from, const struct delta_data *to,
	      struct runs *ret_runs)
{
	struct search search = { .from = from,
				 .to = to,
				 .budget = 4 * (MOST_AWAY + to->size_bytes) };
	uint64_t at = 0;
	int r;

	*ret_runs = (struct runs){ .list = NULL };
	search.window = malloc(WINDOW + 2 * STEP);
	r = search.window ? 0 : -ENOMEM;
	while (r == 0 && at + STEP <= to->size_bytes && search.budget > 0)
		r = look_at(&search, ret_runs, &at);
	free(search.window);
	return r;
}

void runs_done(struct runs *runs)
{
	free(runs->list);
	*runs = (struct runs){ .list = NULL };
}

static struct delta_data part(const struct delta_data *data, uint64_t from, uint64_t to)
{
	return (struct delta_data){ data->fd, data->offset + from, to - from };
}

struct run_gap runs_gap(const struct runs *runs, size_t index,
			const struct delta_data *from, const struct delta_data *to)
{
	struct run before = { 0 }, after = { from->size_bytes, to->size_bytes, 0 };

	if (index > 0)
		before = runs->list[index - 1];
	if (index < runs->count)
		after = runs->list[index];
	return (struct run_gap){
		part(from, before.from + before.size_bytes, after.from),
		part(to, before.to + before.size_bytes, after.to),
	};
}

uint64_t runs_bytes(const struct runs *runs)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < runs->count; i++)
		bytes += runs->list[i].size_bytes;
	return bytes;
}
