/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Long runs of bytes that two layers have in common, in the same order: most of a layer before and after a
 * fix, shifted a little. Comparing costs a small part of what librsync's search does, which is left with the rest.
 */
#include <stddef.h>
#include <stdint.h>

#include "pack/image/delta.h"

struct run {
	uint64_t from, to; /* where it is in either */
	uint64_t size_bytes;
};

struct runs {
	struct run *list; /* owned */
	size_t count;
};

/* What lies between run @index - 1 and run @index, or an end; may be empty. */
struct run_gap {
	struct delta_data from, to;
};

/* 64 KiB each at least, as many as are found by looking through at most four times as many bytes as @to has. 0 or -errno;
 * needs runs_done() in either case. */
int runs_find(const struct delta_data *from, const struct delta_data *to,
	      struct runs *ret_runs);
void runs_done(struct runs *runs);

/* @index: 0 to runs->count. */
struct run_gap runs_gap(const struct runs *runs, size_t index,
			const struct delta_data *from, const struct delta_data *to);

/* Of the layers, together. */
uint64_t runs_bytes(const struct runs *runs);

#define __runs __attribute__((cleanup(runs_done)))
