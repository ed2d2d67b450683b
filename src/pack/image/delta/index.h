/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Where bytes of a layer's data are: places that are whole steps apart, found again by a sum of
 * the 64 bytes there, wherever those are in another layer. The sum goes on by a byte in one
 * instruction, and what it finds is compared byte by byte: a hash of blocks, which librsync
 * computes of every byte of both layers, is for who hasn't the base at hand.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "pack/image/delta.h"

#define INDEX_WINDOW 64

/* A layer's data in memory. */
struct delta_view {
	const uint8_t *bytes;
	size_t size;
	void *map; /* owned, with @map_size */
	size_t map_size;
};

#define DELTA_VIEW_INIT     \
	{                   \
		.map = NULL \
	}

/* Needs delta_view_done() in either case. 0 or -errno. */
int delta_view_open(const struct delta_data *data, struct delta_view *ret_view);
void delta_view_done(struct delta_view *view);

#define __delta_view __attribute__((cleanup(delta_view_done)))

struct index_slot;

struct delta_index {
	const struct delta_view *of; /* borrowed */
	struct index_slot *slots;    /* owned */
	uint64_t *filter; /* behind the slots; a bit for the sums that may be there */
	size_t step;
	unsigned int bits; /* of the number of slots */
};

#define DELTA_INDEX_INIT      \
	{                     \
		.slots = NULL \
	}

/* Needs delta_index_done() in either case. 0 or -ENOMEM. */
int delta_index_make(const struct delta_view *of, struct delta_index *ret_index);
void delta_index_done(struct delta_index *index);

#define __delta_index __attribute__((cleanup(delta_index_done)))

/* A number for each byte, and what the sum becomes with one byte more: of its last 64. */
const uint64_t *delta_index_numbers(void);

static inline uint64_t delta_index_add(uint64_t sum, const uint64_t *numbers,
				       uint8_t byte)
{
	return (sum << 1) + numbers[byte];
}

/* Most sums are nowhere, and a table of this size is near the processor. */
#define INDEX_FILTER_BITS 22

static inline bool delta_index_may_find(const struct delta_index *index, uint64_t sum)
{
	uint64_t bit = sum >> (64 - INDEX_FILTER_BITS);

	return index->filter[bit / 64] >> bit % 64 & 1;
}

/* The place whose 64 bytes are those at @window, which have this sum; SIZE_MAX: none. */
size_t delta_index_find(const struct delta_index *index, uint64_t sum,
			const uint8_t *window);
