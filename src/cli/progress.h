/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A bar on stderr for work that takes longer than a second, when stderr is a terminal. */
#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool terminal, drawn;
	uint64_t start_ms, last_ms;
	const char *verb;		  /* "reading" */
	const char *name;		  /* of the layer */
	uint64_t done_bytes, total_bytes; /* total 0: not known */
	const uint32_t *turn;		  /* the bar is shown while this is `own` */
	uint32_t own;
};

void progress_init(struct progress *progress);

/* Several processes have a bar: it is shown while *@turn, in memory that they share, is @own.
 * NULL: always. */
void progress_share(struct progress *progress, const uint32_t *turn, uint32_t own);

/* Begins a piece of work. The texts are borrowed until progress_end(). */
void progress_begin(struct progress *progress, const char *verb, const char *name,
		    uint64_t total_bytes);
void progress_add(struct progress *progress, uint64_t bytes);

/* The same bytes, but now something else is done with them. */
void progress_verb(struct progress *progress, const char *verb);

/* Takes the bar off the screen; the next piece of work may bring it back. */
void progress_end(struct progress *progress);
