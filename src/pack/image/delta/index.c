/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/image/delta/index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEP_LEAST ((size_t)128)
#define PLACES_MOST ((size_t)1 << 18)
#define TRIES 8 /* slots in a row */

struct index_slot {
	uint32_t tag;
	uint32_t place; /* 1: the first; 0: no place */
};

int delta_view_open(const struct delta_data *data, struct delta_view *ret_view)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), before = data->offset % page;
	struct stat st;
	void *map;

	*ret_view = (struct delta_view)DELTA_VIEW_INIT;
	if (data->size_bytes == 0)
		return 0;
	if (data->size_bytes > SIZE_MAX - before)
		return -EFBIG;
	if (fstat(data->fd, &st) < 0)
		return -errno;
	/* whoever touches a page behind the end gets a signal */
	if ((uint64_t)st.st_size < data->offset + data->size_bytes)
		return -EIO;
	map = mmap(NULL, (size_t)(before + data->size_bytes), PROT_READ, MAP_SHARED,
		   data->fd, (off_t)(data->offset - before));
	if (map == MAP_FAILED)
		return -errno;
	*ret_view = (struct delta_view){
		.bytes = (const uint8_t *)map + before,
		.size = (size_t)data->size_bytes,
		.map = map,
		.map_size = (size_t)(before + data->size_bytes),
	};
	return 0;
}

void delta_view_done(struct delta_view *view)
{
	if (view->map)
		(void)munmap(view->map, view->map_size);
	*view = (struct delta_view)DELTA_VIEW_INIT;
}

/* Of a step of SplitMix64 each, so that they have nothing to do with each other. */
const uint64_t *delta_index_numbers(void)
{
	static uint64_t numbers[256];
	uint64_t state = 0;

	for (size_t i = 0; !numbers[255] && i < 256; i++) {
		uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

		z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
		numbers[i] = z ^ z >> 31;
	}
	return numbers;
}

/* The low bits of a sum are of its last bytes alone: the highest ones say where it stands. */
static struct index_slot *first_slot(const struct delta_index *index, uint64_t sum)
{
	return &index->slots[sum >> (64 - index->bits)];
}

static uint32_t tag_of(uint64_t sum)
{
	return (uint32_t)(sum >> 12);
}

/* With the same bytes at several places, the first; where too many are in the way, none. */
static void put(struct delta_index *index, uint64_t sum, size_t place)
{
	struct index_slot *slot = first_slot(index, sum);
	uint64_t bit = sum >> (64 - INDEX_FILTER_BITS);

	for (int i = 0; i < TRIES; i++, slot++) {
		if (slot->place && slot->tag == tag_of(sum))
			return;
		if (slot->place)
			continue;
		*slot = (struct index_slot){ tag_of(sum), (uint32_t)place + 1 };
		index->filter[bit / 64] |= UINT64_C(1) << bit % 64;
		return;
	}
}

int delta_index_make(const struct delta_view *of, struct delta_index *ret_index)
{
	struct delta_index index = { .of = of, .step = STEP_LEAST, .bits = 8 };
	const uint64_t *numbers = delta_index_numbers();
	size_t places, slots;

	*ret_index = (struct delta_index)DELTA_INDEX_INIT;
	while (of->size / index.step > PLACES_MOST)
		index.step *= 2;
	places = of->size / index.step;
	while (places > (size_t)1 << (index.bits - 1))
		index.bits++;
	slots = ((size_t)1 << index.bits) + TRIES;
	index.slots = calloc(1, slots * sizeof(*index.slots) +
					((size_t)1 << INDEX_FILTER_BITS) / 8);
	if (!index.slots)
		return -ENOMEM;
	index.filter = (uint64_t *)(void *)(index.slots + slots);
	for (size_t place = 0; place < places; place++) {
		const uint8_t *at = of->bytes + place * index.step;
		uint64_t sum = 0;

		for (size_t i = 0; i < INDEX_WINDOW; i++)
			sum = delta_index_add(sum, numbers, at[i]);
		put(&index, sum, place);
	}
	*ret_index = index;
	return 0;
}

void delta_index_done(struct delta_index *index)
{
	free(index->slots);
	*index = (struct delta_index)DELTA_INDEX_INIT;
}

size_t delta_index_find(const struct delta_index *index, uint64_t sum,
			const uint8_t *window)
{
	const struct index_slot *slot = first_slot(index, sum);

	for (int i = 0; i < TRIES && slot->place; i++, slot++) {
		size_t at = ((size_t)slot->place - 1) * index->step;

		if (slot->tag == tag_of(sum))
			return memcmp(index->of->bytes + at, window, INDEX_WINDOW) == 0
				       ? at
				       : SIZE_MAX;
	}
	return SIZE_MAX;
}
