/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Process 1 beside the application: one loop that starts it, takes its output, starts it
 * again when it ends, and takes the device down in order. It writes to no disk and waits
 * for nothing else: what could take long is a child's.
 */
#include "init/stage.h"

#ifdef CONFIG_LAMINA_SUPERVISE
/* In init's own root. Returns only when the application can't be supervised at all: -errno
 * with the reason. */
int supervise_run(struct stage *stage, struct err *err);
#else
static inline int supervise_run(struct stage *stage, struct err *err)
{
	(void)stage;
	return err_set(err, -ENOTSUP, "run supervise: not in this build");
}
#endif
