/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Of every model: what may happen is chosen, in every way there is, and what must hold. */
#include "bytes.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

/* --- choices: a step is run again and again until each was taken ----------------------
 */

static struct {
	uint8_t taken[64], count[64];
	unsigned int depth, used;
} picks;

/* One of 0 to @count - 1. */
static inline unsigned int pick(unsigned int count)
{
	if (picks.used == picks.depth) {
		assert_true(picks.depth < sizeof(picks.taken));
		picks.taken[picks.depth] = 0;
		picks.count[picks.depth++] = (uint8_t)count;
	}
	return picks.taken[picks.used++];
}

/* False when all were taken. */
static inline bool picks_next(void)
{
	picks.used = 0;
	while (picks.depth > 0) {
		if (++picks.taken[picks.depth - 1] < picks.count[picks.depth - 1])
			return true;
		picks.depth--;
	}
	return false;
}

/* --- what must hold -------------------------------------------------------------------
 */

static const char *violated; /* NULL: nothing */
static jmp_buf power_cut;

static inline void must(bool holds, const char *what)
{
	if (!holds && !violated)
		violated = what;
}

/* Was the mutant @name found, and by what it breaks? */
static inline void must_violate(const char *name, const char *what)
{
	if (!violated || strcmp(violated, what) != 0)
		fail_msg("%s: %s", name,
			 violated ? violated : "nothing is wrong with it");
}
