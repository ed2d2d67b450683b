/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/hash-tree/chunks.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "trust/hash-tree/layout.h"

#define MAX_THREADS 16
#define NOTES_SIZE (CHUNK_BLOCKS * DIGEST_SIZE)

struct work {
	int fd;
	uint64_t size_bytes;
	chunk_fn *parallel, *in_order;
	void *context;
	pthread_mutex_t lock;
	pthread_cond_t turned;
	uint64_t next; /* chunk that nobody has taken yet */
	uint64_t turn; /* chunk whose in_order comes next */
	int result;
};

static int read_chunk(const struct work *work, struct chunk *chunk)
{
	uint64_t left;

	chunk->offset = chunk->index * CHUNK_SIZE;
	left = work->size_bytes - chunk->offset;
	chunk->size = left < CHUNK_SIZE ? (size_t)left : CHUNK_SIZE;
	return fd_pread_all(work->fd, chunk->bytes, chunk->size, chunk->offset);
}

/* Takes the next chunk. 0 when there is none or somebody failed. */
static int take(struct work *work, struct chunk *chunk)
{
	int taken;

	pthread_mutex_lock(&work->lock);
	taken = work->result == 0 && work->next * CHUNK_SIZE < work->size_bytes;
	if (taken)
		chunk->index = work->next++;
	pthread_mutex_unlock(&work->lock);
	return taken;
}

/*
 * Waits for the chunk's turn, and ends it. A failure of @r is kept here and not where it
 * happened, so that the first in the file's order is the one that is told.
 */
static void finish(struct work *work, const struct chunk *chunk, int r)
{
	pthread_mutex_lock(&work->lock);
	while (work->turn != chunk->index)
		pthread_cond_wait(&work->turned, &work->lock);
	if (work->result == 0 && r == 0 && work->in_order) {
		pthread_mutex_unlock(&work->lock);
		r = work->in_order(work->context, chunk);
		pthread_mutex_lock(&work->lock);
	}
	if (work->result == 0)
		work->result = r;
	work->turn++;
	pthread_cond_broadcast(&work->turned);
	pthread_mutex_unlock(&work->lock);
}

static void *worker(void *arg)
{
	struct work *work = arg;
	unsigned char *memory = malloc(CHUNK_SIZE + NOTES_SIZE);
	struct chunk chunk = { .bytes = memory };

	if (!memory)
		return NULL;
	chunk.notes = memory + CHUNK_SIZE;
	while (take(work, &chunk)) {
		int r = read_chunk(work, &chunk);

		if (r == 0 && work->parallel)
			r = work->parallel(work->context, &chunk);
		finish(work, &chunk, r);
	}
	free(memory);
	return NULL;
}

static unsigned int thread_count(uint64_t size_bytes, unsigned int threads)
{
	uint64_t chunks = (size_bytes + CHUNK_SIZE - 1) / CHUNK_SIZE;
	long processors = threads ? (long)threads : sysconf(_SC_NPROCESSORS_ONLN);

	if (processors < 1)
		processors = 1;
	if (processors > MAX_THREADS)
		processors = MAX_THREADS;
	return chunks < (uint64_t)processors ? (unsigned int)chunks
					     : (unsigned int)processors;
}

int chunks_run(int fd, uint64_t size_bytes, unsigned int threads, chunk_fn *parallel,
	       chunk_fn *in_order, void *context)
{
	struct work work = { .fd = fd,
			     .size_bytes = size_bytes,
			     .parallel = parallel,
			     .in_order = in_order,
			     .context = context,
			     .lock = PTHREAD_MUTEX_INITIALIZER,
			     .turned = PTHREAD_COND_INITIALIZER };
	unsigned int count = thread_count(size_bytes, threads), started = 0;
	pthread_t others[MAX_THREADS];

	/* This thread is one of them; where others can't be had, it does their part. */
	while (started + 1 < count &&
	       pthread_create(&others[started], NULL, worker, &work) == 0)
		started++;
	(void)worker(&work);
	while (started > 0)
		(void)pthread_join(others[--started], NULL);
	pthread_cond_destroy(&work.turned);
	pthread_mutex_destroy(&work.lock);
	if (work.result == 0 && work.turn * CHUNK_SIZE < size_bytes)
		return -ENOMEM;
	return work.result;
}
