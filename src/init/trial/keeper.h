/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The one process that init leaves behind, and only beside a candidate or a watchdog that
 * can't be stopped: confirms the candidate as the policy says, keeps the watchdog quiet
 * until its time is up (where no process 1 stays to do that), and gives a try back when the device is shut down in order
 * (SIGTERM). It ends when it has nothing to do any more. Without CONFIG_LAMINA_UPDATE
 * there is none.
 */
#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "init/stage.h"

#ifdef CONFIG_LAMINA_UPDATE
/* Starts it, if this stage needs one; just before the application is executed. 0 or
 * -errno. */
int keeper_start(const struct stage *stage, struct err *err);

/* The application can't be executed after all. */
void keeper_end(void);

/* Is the image that runs a candidate still? */
bool keeper_tries(const struct stage *stage);

/* Has it never been one, or has it been confirmed? */
bool keeper_is_confirmed(const struct stage *stage);

/* The device goes down in order: tells it, and that the candidate falls with that @reason,
 * unless it is RECORD_REASON_NONE. Returns its process, the caller's to wait for; 0: there
 * is none any more. */
pid_t keeper_give_up(enum record_reason reason);

/* @pid was waited for, and is nobody's any more. */
void keeper_ended(pid_t pid);
#else
static inline int keeper_start(const struct stage *stage, struct err *err)
{
	(void)stage;
	(void)err;
	return 0;
}

static inline void keeper_end(void)
{
}

static inline bool keeper_tries(const struct stage *stage)
{
	(void)stage;
	return false;
}

static inline bool keeper_is_confirmed(const struct stage *stage)
{
	(void)stage;
	return true;
}

static inline pid_t keeper_give_up(enum record_reason reason)
{
	(void)reason;
	return 0;
}

static inline void keeper_ended(pid_t pid)
{
	(void)pid;
}

#endif
