/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Work that a signal may end, and something to put right afterwards: a store that was made
 * writable. */
#include <stdint.h>

#include "base/err.h"

#define GUARD_COUNTS 2

/*
 * Runs @work in a process of its own, which Ctrl-C, SIGTERM or whatever else kills while
 * this one goes on; what kills this one kills both. What @work returns, with its text and
 * counts; -EINTR when it was killed. Nothing else that it changes in memory is seen
 * here.
 */
int guard_run(int (*work)(void *context, uint64_t ret_counts[GUARD_COUNTS],
			  struct err *err),
	      void *context, uint64_t ret_counts[GUARD_COUNTS], struct err *err);
