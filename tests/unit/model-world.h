/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The world of test_decide-model.c: a device with the two copies of its boot record, the
 * images of its store, and what an observer remembers of its past. Small, so that very
 * many fit in memory; the records in it are written and read by the real code.
 */
#include <stdbool.h>
#include <stdint.h>

#include "unit/model.h"
#include "unit/record.h"

enum {
	MAX_IMAGES = 3, /* numbered from 1, which is their serial as well; 0: none */
	FACTORY = 7,	/* the number of the factory's */
};

enum {
	COPY_EMPTY, /* zeros; both: there is no record's file */
	COPY_WHOLE,
	COPY_BROKEN,
	COPY_NEWER, /* of a version to come */
};

struct copy {
	uint8_t kind, seq;
	uint8_t current, previous, candidate;
	uint8_t left, initial, spent, floor;
};

struct world {
	struct copy copies[RECORD_COPIES];
	uint8_t images; /* bit n: image n is in the store; counts where no record names one */
	uint8_t factory;
	uint8_t running; /* the candidate does, started as such; 0: anything else may */

	/* the observer's */
	uint8_t starts;	   /* of the candidate since it was installed */
	uint8_t excused;   /* one of them ended otherwise than by a crash */
	uint8_t seq;	   /* of the last write that was acknowledged */
	uint8_t floor;	   /* asked for by confirms that were acknowledged */
	uint8_t current;   /* by the last acknowledged write... */
	uint8_t unsure;	   /* ...or, bit n, by a later one that was cut off */
	uint8_t confirmed; /* bit n: image n was confirmed */
};

/* --- records --------------------------------------------------------------------------
 */

static inline uint8_t number_of(const struct digest *id)
{
	return id->bytes[0];
}

static inline void set_number(struct digest *ret_id, uint8_t number)
{
	memset(ret_id, number, sizeof(*ret_id));
}

/* Stands for sha256, which would be most of the test's time. */
static inline void sum_of(const uint8_t bytes[RECORD_SIZE], uint8_t ret_sum[16])
{
	uint64_t sums[2] = { 0 }, word;

	for (size_t i = 0; i < RECORD_SUM_OFFSET; i += 8) {
		memcpy(&word, bytes + i, 8);
		sums[0] += word * (0x9e3779b97f4a7c15 * (i + 1));
		sums[1] += (word ^ word >> 31) * (0xc2b2ae3d27d4eb4f * (i + 3));
	}
	memcpy(ret_sum, sums, 16);
}

static inline void seal(const struct record *record, uint8_t ret_bytes[RECORD_SIZE])
{
	record_encode(record, ret_bytes);
	sum_of(ret_bytes, ret_bytes + RECORD_SUM_OFFSET);
}

/* A record's number and the one that a world has for it: near the last one there is, after
 * which comes 0. */
static inline uint64_t seq_of(uint8_t number)
{
	return UINT64_MAX - 2 + number;
}

static inline uint8_t short_of(uint64_t seq)
{
	return (uint8_t)(seq - (UINT64_MAX - 2));
}

static inline void copy_bytes(const struct copy *copy, uint8_t ret_bytes[RECORD_SIZE])
{
	struct record record = { .seq = seq_of(copy->seq),
				 .tries_left = copy->left,
				 .tries_initial = copy->initial,
				 .reboot_spent = copy->spent,
				 .floor = copy->floor };

	set_number(&record.current, copy->current);
	set_number(&record.previous, copy->previous);
	set_number(&record.candidate, copy->candidate);
	memset(ret_bytes, 0, RECORD_SIZE);
	if (copy->kind == COPY_EMPTY)
		return;
	seal(&record, ret_bytes);
	if (copy->kind == COPY_BROKEN)
		ret_bytes[100] ^= 1;
	if (copy->kind == COPY_NEWER) {
		ret_bytes[8]++;
		sum_of(ret_bytes, ret_bytes + RECORD_SUM_OFFSET);
	}
}

/* As slot/state.c judges a sector. */
static inline int judge_bytes(const uint8_t bytes[RECORD_SIZE], struct record *ret_record)
{
	uint8_t sum[RECORD_SUM_SIZE];
	int r = record_decode(bytes, ret_record, NULL);

	sum_of(bytes, sum);
	if (r != -ENODATA && memcmp(sum, bytes + RECORD_SUM_OFFSET, sizeof(sum)) != 0)
		return -EBADMSG;
	return r;
}

/* What the sector is worth from now on. The failed image, its reason and the count of
 * boots decide nothing. */
static inline void copy_take(struct copy *copy, const uint8_t bytes[RECORD_SIZE])
{
	struct record record;
	int r = judge_bytes(bytes, &record);

	memset(copy, 0, sizeof(*copy));
	copy->kind = r == -ENODATA ? COPY_EMPTY : r == 0 ? COPY_WHOLE : COPY_BROKEN;
	if (r < 0)
		return;
	copy->seq = short_of(record.seq);
	copy->current = number_of(&record.current);
	copy->previous = number_of(&record.previous);
	copy->candidate = number_of(&record.candidate);
	copy->left = record.tries_left;
	copy->initial = record.tries_initial;
	copy->spent = record.reboot_spent;
	copy->floor = (uint8_t)record.floor;
}

static inline const struct copy *newest_copy(const struct world *w)
{
	const struct copy *a = &w->copies[0], *b = &w->copies[1];

	if (a->kind != COPY_WHOLE)
		return b->kind == COPY_WHOLE ? b : NULL;
	return b->kind == COPY_WHOLE && b->seq > a->seq ? b : a;
}

static inline bool names_nothing(const struct copy *copy)
{
	return !copy->current && !copy->previous && !copy->candidate;
}

/* Two worlds in which the same can happen become the same. */
static inline void normalise(struct world *w)
{
	uint8_t least = UINT8_MAX, currents = 0, named = 0, candidates = 0;

	for (int i = 0; i < RECORD_COPIES; i++) {
		const struct copy *copy = &w->copies[i];

		if (copy->kind != COPY_WHOLE)
			continue;
		least = copy->seq < least ? copy->seq : least;
		currents |= (uint8_t)(1 << copy->current);
		named |= (uint8_t)(1 << copy->current | 1 << copy->previous);
		candidates |= copy->candidate;
	}
	if (least < UINT8_MAX) {
		if (!names_nothing(newest_copy(w)))
			w->images = 0;
		/* what both copies are past can't come back */
		w->seq = w->seq > least ? w->seq - least + 1 : 1;
		for (int i = 0; i < RECORD_COPIES; i++)
			if (w->copies[i].kind == COPY_WHOLE)
				w->copies[i].seq -= least - 1;
		w->unsure &= currents;
		w->confirmed &= named;
		if (!candidates)
			w->starts = w->excused = 0;
	}
}
