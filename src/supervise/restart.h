/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Whether and when an application that ended is started again, by Docker's rule: after
 * 100 ms, twice as long each time up to a minute, from 100 ms again once it ran for 10 s.
 */
#include <stdbool.h>
#include <stdint.h>

#include "format/manifest.h"

struct restart {
	enum manifest_restart policy;
	uint64_t most; /* restarts of on-failure; 0: any number */
	/* zero at first: */
	uint64_t count;	   /* restarts so far; a good run does not take any back */
	uint64_t delay_ms; /* before the last one */
};

/* It ended with @failed (an exit status but 0, or by a signal) after @ran_ms: is it to be
 * started again? Then counts that, and @ret_delay_ms is how long to wait before. */
bool restart_again(struct restart *restart, bool failed, uint64_t ran_ms,
		   uint64_t *ret_delay_ms);
