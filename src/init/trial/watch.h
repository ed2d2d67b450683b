/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The policy's watchdog. It guards what the kernel does with the store's file system, and
 * gives a candidate so many seconds to be confirmed; it is fed only where the hardware
 * can't wait that long by itself. For a confirmed image it is stopped.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "format/policy.h"

struct watch {
	int fd; /* -EBADF: none, or not open */
	uint32_t timeout_s;
	uint64_t deadline_s; /* of CLOCK_BOOTTIME */
};

#ifdef CONFIG_LAMINA_WATCHDOG
/* Opens the one that the policy names, if any; it runs from then on. 0 or -errno. */
int watch_open(struct watch *watch, const struct policy *policy, struct err *err);

/* Did it end the last run? */
bool watch_fired(const struct watch *watch);

/* The candidate's time starts. 0 or -errno. */
int watch_arm(struct watch *watch, const struct policy *policy, struct err *err);

/* Feeds it while the candidate has time left; @for_good: whatever the time. */
void watch_feed(const struct watch *watch, bool for_good);

/* Stops and closes it. 0, or -errno where it can't be stopped: it stays open then. */
int watch_stop(struct watch *watch);
#else
static inline int watch_open(struct watch *watch, const struct policy *policy,
			     struct err *err)
{
	(void)watch;
	return policy->watchdog[0] ? err_set(err, -ENOTSUP, "watchdog: not in this build")
				   : 0;
}

static inline bool watch_fired(const struct watch *watch)
{
	(void)watch;
	return false;
}

static inline int watch_arm(struct watch *watch, const struct policy *policy,
			    struct err *err)
{
	return watch_open(watch, policy, err);
}

static inline void watch_feed(const struct watch *watch, bool for_good)
{
	(void)watch;
	(void)for_good;
}

static inline int watch_stop(struct watch *watch)
{
	(void)watch;
	return 0;
}
#endif
