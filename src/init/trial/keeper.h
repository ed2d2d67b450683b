/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The one process that init leaves behind, and only beside a candidate or a watchdog that
 * can't be stopped: confirms the candidate as the policy says, keeps the watchdog quiet
 * until its time is up, and gives a try back when the device is shut down in order
 * (SIGTERM). It ends when it has nothing to do any more. Without CONFIG_LAMINA_UPDATE
 * there is none.
 */
#include "base/err.h"
#include "init/stage.h"

#ifdef CONFIG_LAMINA_UPDATE
/* Starts it, if this stage needs one; just before the application is executed. 0 or
 * -errno. */
int keeper_start(const struct stage *stage, struct err *err);

/* The application can't be executed after all. */
void keeper_end(void);
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
#endif
