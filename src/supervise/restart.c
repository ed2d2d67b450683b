/* SPDX-License-Identifier: Apache-2.0 */
#include "supervise/restart.h"

#define LEAST_MS 100
#define MOST_MS 60000
#define GOOD_RUN_MS 10000

static uint64_t next_delay(uint64_t delay_ms, uint64_t ran_ms)
{
	if (ran_ms >= GOOD_RUN_MS || delay_ms == 0)
		return LEAST_MS;
	return delay_ms >= MOST_MS / 2 ? MOST_MS : delay_ms * 2;
}

static bool is_wanted(const struct restart *restart, bool failed)
{
	if (restart->policy == MANIFEST_RESTART_ALWAYS)
		return true;
	if (restart->policy == MANIFEST_RESTART_NO || !failed)
		return false;
	return restart->most == 0 || restart->count < restart->most;
}

bool restart_again(struct restart *restart, bool failed, uint64_t ran_ms,
		   uint64_t *ret_delay_ms)
{
	restart->delay_ms = next_delay(restart->delay_ms, ran_ms);
	if (!is_wanted(restart, failed))
		return false;
	restart->count++;
	*ret_delay_ms = restart->delay_ms;
	return true;
}
