/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/pace.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

#define MOST_MS (30ULL * 24 * 3600 * 1000)
#define MOST_RETRY_MS (60ULL * 1000)
/* A device that began with a shorter wait would come back sooner after an outage, and so would all. */
#define FIRST_PART 4

/* @chance between 0 and @below, evenly. */
static uint64_t up_to(uint64_t below, uint64_t chance)
{
	return below ? chance % below : 0;
}

/* @first, doubled @times, at most @most. */
static uint64_t doubled(uint64_t first, unsigned int times, uint64_t most)
{
	while (times-- > 0 && first < most)
		first *= 2;
	return first < most ? first : most;
}

uint64_t pace_first_ms(const struct pace *pace, uint64_t chance)
{
	return up_to(pace->interval_ms, chance);
}

uint64_t pace_next_ms(const struct pace *pace, uint64_t chance)
{
	uint64_t interval = pace->interval_ms, asked = pace->retry_after_ms, wait;

	if (pace->failures == 0)
		return interval / 2 + up_to(interval, chance);
	wait = doubled(interval / FIRST_PART, pace->failures - 1, interval);
	if (asked > MOST_MS)
		asked = MOST_MS;
	return (wait < asked ? asked : wait) + up_to(wait, chance);
}

uint64_t pace_retry_ms(uint64_t first_ms, unsigned int failures, uint64_t chance)
{
	uint64_t wait = failures ? doubled(first_ms, failures - 1, MOST_RETRY_MS) : 0;

	return wait + up_to(wait, chance);
}

int pace_parse(const char *text, uint64_t *ret_ms)
{
	static const char units[] = "smhd";
	static const uint64_t seconds[] = { 1, 60, 3600, 86400 };
	size_t size = strlen(text);
	const char *unit = size ? strchr(units, text[size - 1]) : NULL;
	uint64_t value;

	if (unit)
		size--;
	if (str_number(text, size, &value) < 0 || value > MOST_MS)
		return -EINVAL;
	value *= 1000 * (unit ? seconds[unit - units] : 1);
	if (value > MOST_MS)
		return -EINVAL;
	*ret_ms = value;
	return 0;
}
