/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Reads a file once, chunk by chunk, on several threads. For each chunk `parallel` runs
 * on any thread and beside other chunks; then `in_order` runs for one chunk at a time,
 * first to last.
 */
#include <stddef.h>
#include <stdint.h>

#define CHUNK_BLOCKS 128 /* a multiple of HASH_TREE_FANOUT */
#define CHUNK_SIZE (CHUNK_BLOCKS * 4096)

struct chunk {
	uint64_t offset; /* in the file */
	size_t size;	 /* CHUNK_SIZE, or less at the end */
	unsigned char *bytes;
	unsigned char *notes; /* CHUNK_BLOCKS hashes of room, from parallel to in_order */
};

/* 0 or -errno; the first failure in the file's order ends the work and is what is
 * returned. */
typedef int chunk_fn(void *context, const struct chunk *chunk);

/* @threads 0: as many as there are processors.
 * 0, -ENOMEM, -EIO when the file ends before @size_bytes, or a callback's. */
int chunks_run(int fd, uint64_t size_bytes, unsigned int threads, chunk_fn *parallel,
	       chunk_fn *in_order, void *context);
