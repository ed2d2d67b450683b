/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Taking the device down: the application has ended; then what waits is told, everything
 * is unmounted, and the machine reboots. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "init/stage.h"

enum end_how {
	END_NONE,
	END_REBOOT,
	END_POWEROFF,
	END_HALT,
};

struct end {
	enum end_how how;
	uint64_t deadline_ms;  /* of all of it; past it the machine goes down as it is */
	uint64_t due_ms;       /* of what is under way */
	pid_t keeper, cleaner; /* 0: not waited for */
	enum record_reason fell; /* with what the candidate that runs is given up */
	const struct stage *stage;
};

/* It shall end so, and within @allowed_ms. The first who says so wins, but for the way:
 * later ones may turn a reboot into a power off. */
void end_begin(struct end *end, enum end_how how, uint64_t allowed_ms, uint64_t now_ms);

/* The application has no process any more, or its time is over: goes on. Does not return
 * once nothing is left to be done or to be waited for. */
void end_turn(struct end *end, uint64_t now_ms);

/* A child ended. False: none that is waited for. */
bool end_ended(struct end *end, pid_t pid);

/* When to turn again if nothing happens. */
uint64_t end_next(const struct end *end);
