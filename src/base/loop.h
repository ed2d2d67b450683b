/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * One loop over descriptors: what is ready is handled, nothing is waited for elsewhere.
 * Signals come by a descriptor, too, so that there are no handlers; times are the caller's,
 * which knows what is due next.
 */
#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define LOOP_MAX 96

/* May add and remove sources, itself too. */
typedef void loop_ready(void *context, int fd);

struct loop {
	struct loop_source {
		int fd;
		short events;
		loop_ready *ready;
		void *context;
	} sources[LOOP_MAX];
	size_t count;
};

/* Calls @ready whenever @fd, which stays the caller's, has something to read, or has no
 * other end any more. 0 or -ENOSPC. */
int loop_add(struct loop *loop, int fd, loop_ready *ready, void *context);

/* No more. Nothing where it was not there. */
void loop_remove(struct loop *loop, int fd);

/* Waits until something is ready or CLOCK_BOOTTIME is @until_ms (UINT64_MAX: for ever),
 * and handles it. 0 or poll's -errno. */
int loop_turn(struct loop *loop, uint64_t until_ms);

/* Milliseconds of CLOCK_BOOTTIME. */
uint64_t loop_now_ms(void);

/* From now on the @signals are blocked and come by the returned descriptor, the caller's.
 * Or -errno. */
int loop_signals(const int *signals, size_t count, struct err *err);

/* The next signal that came by it; 0: no more; or -errno. Those of one kind may have
 * become one. */
int loop_next_signal(int fd);
