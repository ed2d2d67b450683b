/* SPDX-License-Identifier: Apache-2.0 */
#include "supervise/member.h"

#include <stddef.h>

void member_init(struct member *member, const struct manifest *manifest)
{
	*member = (struct member){
		.restart = { .policy = manifest->restart,
			     .most = manifest->restart_most },
		.stop_timeout_ms = manifest->stop_timeout_s * 1000,
		.state = MEMBER_WAITING,
	};
}

void member_wait(struct member *member, uint64_t due_ms)
{
	member->due_ms = due_ms;
	member->needs = true;
}

void member_hurry(struct member *member, uint64_t now_ms)
{
	if (member->needs && member->state == MEMBER_WAITING)
		member->due_ms = now_ms;
	member->needs = false;
}

bool member_lives(const struct member *member)
{
	return member->state == MEMBER_RUNNING || member->state == MEMBER_STOPPING ||
	       member->state == MEMBER_KILLED;
}

uint64_t member_next(const struct member *member)
{
	bool waits = member->state == MEMBER_WAITING || member->state == MEMBER_STOPPING;

	return waits ? member->due_ms : UINT64_MAX;
}

enum member_act member_due(struct member *member, uint64_t now_ms)
{
	if (now_ms < member_next(member))
		return MEMBER_NOTHING;
	if (member->state == MEMBER_WAITING)
		return MEMBER_START;
	member->state = MEMBER_KILLED;
	return MEMBER_KILL;
}

void member_began(struct member *member, uint64_t now_ms)
{
	member->state = MEMBER_RUNNING;
	member->began_ms = now_ms;
}

bool member_is_well(const struct member *member)
{
	return member->state == MEMBER_RUNNING || member->state == MEMBER_DONE;
}

#define HOPELESS 5 /* failures: 3.1 seconds of pauses */

bool member_is_hopeless(const struct member *member)
{
	return member->failures >= HOPELESS || member->state == MEMBER_EXHAUSTED;
}

static void wait_until(struct member *member, uint64_t due_ms)
{
	member->state = MEMBER_WAITING;
	member->due_ms = due_ms;
}

void member_ended(struct member *member, int status, uint64_t now_ms)
{
	bool stopped = member->state == MEMBER_STOPPING || member->state == MEMBER_KILLED;
	bool ran = member_lives(member);
	uint64_t delay_ms;

	member->ended = true;
	member->status = status;
	member->failures += !stopped && status != 0;
	if (stopped && !member->restarting) {
		member->state = MEMBER_STOPPED;
	} else if (stopped) {
		member->restarting = false;
		member->restart.count++;
		wait_until(member, now_ms);
	} else if (restart_again(&member->restart, status != 0,
				 ran ? now_ms - member->began_ms : 0, &delay_ms)) {
		wait_until(member, now_ms + delay_ms);
	} else {
		member->state = status == 0 ? MEMBER_DONE : MEMBER_EXHAUSTED;
	}
}

bool member_stop(struct member *member, bool restarting, uint64_t now_ms)
{
	if (member->state == MEMBER_STOPPING || member->state == MEMBER_KILLED) {
		/* who wants it stopped for good wins */
		member->restarting = member->restarting && restarting;
		return false;
	}
	if (member->state != MEMBER_RUNNING) {
		/* no longer than a person's word takes: without a pause */
		member->restart.delay_ms = 0;
		if (restarting)
			wait_until(member, now_ms);
		else
			member->state = MEMBER_STOPPED;
		return false;
	}
	member->restarting = restarting;
	member->state = MEMBER_STOPPING;
	member->due_ms = now_ms + member->stop_timeout_ms;
	return true;
}

const char *member_word(enum member_state state)
{
	static const char *const words[] = {
		[MEMBER_STOPPED] = "stopped",	  [MEMBER_WAITING] = "waiting",
		[MEMBER_RUNNING] = "running",	  [MEMBER_STOPPING] = "stopping",
		[MEMBER_KILLED] = "stopping",	  [MEMBER_DONE] = "done",
		[MEMBER_EXHAUSTED] = "exhausted",
	};

	return words[state];
}
