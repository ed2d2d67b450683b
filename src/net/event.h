/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What udhcpc has to say. It runs a program for each event, which is lamina-init once more:
 * that reads the environment as what it is, a stranger's, and hands the values on.
 */
#include "net/lease.h"

enum event_kind {
	EVENT_NONE,	/* of no consequence */
	EVENT_DECONFIG, /* there is no lease (any more) */
	EVENT_BOUND,	/* there is, a new one or the same one prolonged */
};

/* One packet of the client's pipe. */
struct event {
	enum event_kind kind;
	struct lease lease; /* with EVENT_BOUND */
};

/* Tells standard output of event @name. The process's exit status. */
int event_main(const char *name, char *const env[]);

/* The next packet of pipe @from. 1; 0: none now; -errno, or -EPIPE at its end. */
int event_next(int from, struct event *ret_event);
