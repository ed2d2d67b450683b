/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/hash-tree/chunks.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "trust/hash-tree/layout.h"

#define MAX_THREADS 16
#define NOTES_SIZE (CHUNK_BLOCKS * DIGEST_SIZE)

struct slot {
	struct chunk chunk;
	int result;
	bool ready; /* for in_order, or with a failure to tell */
};

/*
 * Chunk i lives in slot i % slot_count. There are more slots than threads, so that nobody
 * waits for a thread that the kernel has put aside.
 */
struct work {
	int fd;
	uint64_t size_bytes, chunk_count;
	chunk_fn *parallel, *in_order;
	void *context;
	struct slot *slots;
	unsigned int slot_count;

	pthread_mutex_t lock; /* what follows, and the slots' ready */
	pthread_cond_t changed;
	uint64_t next; /* chunk that nobody has taken yet */
	uint64_t turn; /* chunk whose in_order comes next */
	bool in_turn;  /* somebody is at it */
	int result;
};

static struct slot *slot_of(struct work *work, uint64_t index)
{
	return &work->slots[index % work->slot_count];
}

/* Reads the next chunk and runs `parallel` on it, without the lock. */
static void work_on_next(struct work *work)
{
	uint64_t index = work->next++, offset = index * CHUNK_SIZE;
	uint64_t left = work->size_bytes - offset;
	struct slot *slot = slot_of(work, index);
	struct chunk *chunk = &slot->chunk;

	pthread_mutex_unlock(&work->lock);
	chunk->offset = offset;
	chunk->size = left < CHUNK_SIZE ? (size_t)left : CHUNK_SIZE;
	slot->result = fd_pread_all(work->fd, chunk->bytes, chunk->size, offset);
	if (slot->result == 0)
		slot->result = work->parallel(work->context, chunk);
	pthread_mutex_lock(&work->lock);
	slot->ready = true;
}

/* Runs `in_order` on the chunk whose turn it is, without the lock. A failure is kept here
 * and not where it happened, so that the first in the file's order is the one that is
 * told. */
static void work_in_order(struct work *work)
{
	struct slot *slot = slot_of(work, work->turn);
	int r = slot->result;

	work->in_turn = true;
	pthread_mutex_unlock(&work->lock);
	if (r == 0)
		r = work->in_order(work->context, &slot->chunk);
	pthread_mutex_lock(&work->lock);
	work->in_turn = false;
	work->result = r;
	slot->ready = false;
	work->turn++;
}

/* Whoever finishes a chunk comes here again, so none is left over when others leave. */
static void *worker(void *arg)
{
	struct work *work = arg;

	pthread_mutex_lock(&work->lock);
	while (work->result == 0) {
		if (!work->in_turn && slot_of(work, work->turn)->ready)
			work_in_order(work);
		else if (work->next == work->chunk_count)
			break;
		else if (work->next < work->turn + work->slot_count)
			work_on_next(work);
		else {
			pthread_cond_wait(&work->changed, &work->lock);
			continue;
		}
		pthread_cond_broadcast(&work->changed);
	}
	pthread_mutex_unlock(&work->lock);
	return NULL;
}

static unsigned int thread_count(uint64_t chunks, unsigned int threads)
{
	long processors = threads ? (long)threads : sysconf(_SC_NPROCESSORS_ONLN);

	if (processors < 1)
		processors = 1;
	if (processors > MAX_THREADS)
		processors = MAX_THREADS;
	return chunks < (uint64_t)processors ? (unsigned int)chunks
					     : (unsigned int)processors;
}

static void run_threads(struct work *work, unsigned int count)
{
	pthread_t others[MAX_THREADS];
	unsigned int started = 0;

	/* This thread is one of them; where others can't be had, it does their part. */
	while (started + 1 < count &&
	       pthread_create(&others[started], NULL, worker, work) == 0)
		started++;
	(void)worker(work);
	while (started > 0)
		(void)pthread_join(others[--started], NULL);
}

int chunks_run(int fd, uint64_t size_bytes, unsigned int threads, chunk_fn *parallel,
	       chunk_fn *in_order, void *context)
{
	uint64_t chunk_count = (size_bytes + CHUNK_SIZE - 1) / CHUNK_SIZE;
	unsigned int count = thread_count(chunk_count, threads);
	struct slot slots[2 * MAX_THREADS + 2] = { 0 };
	struct work work = { .fd = fd,
			     .size_bytes = size_bytes,
			     .chunk_count = chunk_count,
			     .parallel = parallel,
			     .in_order = in_order,
			     .context = context,
			     .slots = slots,
			     .slot_count = 2 * count + 2,
			     .lock = PTHREAD_MUTEX_INITIALIZER,
			     .changed = PTHREAD_COND_INITIALIZER };
	unsigned char *memory = malloc(work.slot_count * (CHUNK_SIZE + NOTES_SIZE));

	if (!memory)
		return -ENOMEM;
	for (size_t i = 0; i < work.slot_count; i++) {
		slots[i].chunk.bytes = memory + i * (CHUNK_SIZE + NOTES_SIZE);
		slots[i].chunk.notes = slots[i].chunk.bytes + CHUNK_SIZE;
	}
	run_threads(&work, count);
	pthread_cond_destroy(&work.changed);
	pthread_mutex_destroy(&work.lock);
	free(memory);
	return work.result;
}
