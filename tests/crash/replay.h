/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Makes each disk that a power cut may leave, mounts it and has it judged. */
#include <stdbool.h>
#include <stdint.h>

#include "crash/cut.h"
#include "crash/image.h"
#include "crash/judge.h"
#include "crash/layout.h"
#include "crash/mark.h"

struct replay {
	/* the caller's */
	struct log log;
	struct marks marks;
	struct disk disk; /* as it was before the first write */
	struct judge judge;
	const char *type; /* of the file system */
	struct layout layout;
	struct cut_effort effort;
	unsigned int shard, shards; /* every shards-th window is ours */
	unsigned int repeat, rot;   /* at every so many states; 0: never */
	bool only_first;	    /* one bad state is enough */

	/* results */
	unsigned int states, bad, repeated, rotten;
	unsigned int per_mark[MARK_MAX + 1];

	/* its own */
	struct image image;
	uint64_t *seen;
};

/* Prints a line for each bad state, what was tried, and `result states=...`. 0 or -errno:
 * it could not be done. */
int replay_run(struct replay *replay, struct err *err);
