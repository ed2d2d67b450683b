/* SPDX-License-Identifier: Apache-2.0 */
#include "supervise/health.h"

void health_init(struct health *health, const struct manifest *manifest)
{
	*health = (struct health){
		.times = manifest->health,
		.wanted = manifest->health_arg_count > 0,
	};
}

static void enter(struct health *health, enum health_state state, uint64_t now_ms)
{
	if (health->state != state)
		health->since_ms = now_ms;
	health->state = state;
}

static bool is_start(const struct health *health, uint64_t now_ms)
{
	return health->state == HEALTH_STARTING &&
	       now_ms < health->began_ms + health->times.start_s * 1000;
}

/* A shorter interval, while nothing is to be expected of it yet. */
static void wait_for_next(struct health *health, uint64_t now_ms)
{
	uint64_t interval_s = is_start(health, now_ms) ? health->times.start_interval_s
						       : health->times.interval_s;

	health->due_ms = now_ms + interval_s * 1000;
}

void health_begin(struct health *health, uint64_t now_ms)
{
	if (!health->wanted)
		return;
	health->state = HEALTH_NONE;
	enter(health, HEALTH_STARTING, now_ms);
	health->failures = 0;
	health->began_ms = now_ms;
	if (!health->checking)
		wait_for_next(health, now_ms);
}

void health_end(struct health *health, uint64_t now_ms)
{
	enter(health, HEALTH_NONE, now_ms);
}

uint64_t health_next(const struct health *health)
{
	bool waits = health->checking ? !health->late : health->state != HEALTH_NONE;

	return waits ? health->due_ms : UINT64_MAX;
}

static void fail(struct health *health, uint64_t now_ms)
{
	if (health->state == HEALTH_NONE || is_start(health, now_ms))
		return;
	health->failures++;
	if (health->failures >= health->times.retries)
		enter(health, HEALTH_UNHEALTHY, now_ms);
}

enum health_act health_due(struct health *health, uint64_t now_ms)
{
	if (now_ms < health_next(health))
		return HEALTH_NOTHING;
	if (!health->checking)
		return HEALTH_CHECK;
	/* one that can't be killed starts no other, but is no secret either */
	health->late = true;
	fail(health, now_ms);
	return HEALTH_KILL;
}

void health_checking(struct health *health, uint64_t now_ms)
{
	health->checking = true;
	health->late = false;
	health->due_ms = now_ms + health->times.timeout_s * 1000;
}

void health_result(struct health *health, bool good, uint64_t now_ms)
{
	bool late = health->checking && health->late;

	health->checking = false;
	health->late = false;
	if (health->state != HEALTH_NONE && good && !late) {
		health->failures = 0;
		enter(health, HEALTH_HEALTHY, now_ms);
	} else if (!late) {
		fail(health, now_ms);
	}
	wait_for_next(health, now_ms);
}

const char *health_word(enum health_state state)
{
	static const char *const words[] = {
		[HEALTH_NONE] = "none",
		[HEALTH_STARTING] = "starting",
		[HEALTH_HEALTHY] = "healthy",
		[HEALTH_UNHEALTHY] = "unhealthy",
	};

	return words[state];
}
