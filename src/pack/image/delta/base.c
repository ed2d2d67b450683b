/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/image/delta.h"

#include <errno.h>
#include <stdlib.h>

#include "base/fd.h"
#include "pack/image/delta/runs.h"

#define BUFFER_SIZE ((size_t)256 << 10)
#define SAMPLE_MASK (UINT64_C(0x3ff) << 54) /* one place of 1024 */

/* Sums of 64 bytes each, in order, each once. */
struct samples {
	uint64_t *sums; /* owned */
	size_t count, room;
};

/* A number for each byte: of a step of SplitMix64 each, so that they have nothing to do with
 * each other. */
static const uint64_t *byte_numbers(void)
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

static int add_sample(struct samples *samples, uint64_t sum)
{
	if (samples->count == samples->room) {
		size_t room = samples->room ? 2 * samples->room : 1024;
		uint64_t *sums = reallocarray(samples->sums, room, sizeof(*sums));

		if (!sums)
			return -ENOMEM;
		samples->sums = sums;
		samples->room = room;
	}
	samples->sums[samples->count++] = sum;
	return 0;
}

/* What a byte gives to the sum is shifted out of it 64 bytes later. */
static int add_bytes(struct samples *samples, const uint8_t *bytes, size_t size,
		     uint64_t *sum)
{
	const uint64_t *numbers = byte_numbers();
	int r = 0;

	for (size_t i = 0; r == 0 && i < size; i++) {
		*sum = (*sum << 1) + numbers[bytes[i]];
		if (!(*sum & SAMPLE_MASK))
			r = add_sample(samples, *sum);
	}
	return r;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void sort_once(struct samples *samples)
{
	size_t count = 0;

	if (samples->count)
		qsort(samples->sums, samples->count, sizeof(*samples->sums), by_value);
	for (size_t i = 0; i < samples->count; i++)
		if (count == 0 || samples->sums[i] != samples->sums[count - 1])
			samples->sums[count++] = samples->sums[i];
	samples->count = count;
}

static int read_samples(const struct delta_data *data, struct samples *samples)
{
	uint8_t *buf = malloc(BUFFER_SIZE);
	uint64_t sum = 0;
	int r = buf ? 0 : -ENOMEM;

	for (uint64_t at = 0; r == 0 && at < data->size_bytes;) {
		uint64_t left = data->size_bytes - at;
		size_t part = left < BUFFER_SIZE ? (size_t)left : BUFFER_SIZE;

		r = fd_pread_all(data->fd, buf, part, data->offset + at);
		if (r == 0)
			r = add_bytes(samples, buf, part, &sum);
		at += part;
	}
	free(buf);
	sort_once(samples);
	return r;
}

static size_t count_common(const struct samples *a, const struct samples *b)
{
	size_t count = 0;

	for (size_t i = 0, k = 0; i < a->count && k < b->count;) {
		uint64_t x = a->sums[i], y = b->sums[k];

		count += x == y;
		i += x <= y;
		k += y <= x;
	}
	return count;
}

/* 1, 0 or -errno. */
static int half_is_there(const struct delta_data *from, const struct delta_data *to)
{
	__runs struct runs runs;
	int r = runs_find(from, to, &runs);

	return r < 0 ? r : runs_bytes(&runs) >= to->size_bytes / 2;
}

static int compare_samples(const struct delta_data *from, size_t count,
			   const struct delta_data *to, size_t like, size_t *ret_index)
{
	struct samples wanted = { .count = 0 };
	size_t best = 0, index = like < count ? like : 0;
	int r = read_samples(to, &wanted);

	for (size_t i = 0; r == 0 && i < count; i++) {
		struct samples samples = { .count = 0 };
		size_t common;

		r = read_samples(&from[i], &samples);
		common = count_common(&samples, &wanted);
		if (common > best || (common == best && i == like)) {
			best = common;
			index = i;
		}
		free(samples.sums);
	}
	free(wanted.sums);
	*ret_index = index;
	return r;
}

int delta_base(const struct delta_data *from, size_t count, const struct delta_data *to,
	       size_t like, size_t *ret_index, struct err *err)
{
	size_t index = 0;
	int r = count > 1 ? 0 : 1;

	/* samples cost reading all of all layers */
	if (r == 0 && like < count) {
		index = like;
		r = half_is_there(&from[like], to);
	}
	if (r == 0)
		r = compare_samples(from, count, to, like, &index);
	if (r < 0)
		return err_errno(err, r, "looking for a delta's base");
	*ret_index = index;
	return 0;
}
