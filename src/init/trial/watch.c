/* SPDX-License-Identifier: Apache-2.0 */
#include "init/trial/watch.h"

#include "base/clock.h"
#include "base/fd.h"
#include "block/watchdog.h"

static uint64_t now_s(void)
{
	return clock_now_us() / 1000000;
}

int watch_open(struct watch *watch, const struct policy *policy, struct err *err)
{
	if (watch->fd >= 0 || !policy->watchdog[0])
		return 0;
	watch->fd = watchdog_open(policy->watchdog, err);
	return watch->fd < 0 ? watch->fd : 0;
}

bool watch_fired(const struct watch *watch)
{
	return watch->fd >= 0 && watchdog_fired(watch->fd);
}

int watch_arm(struct watch *watch, const struct policy *policy, struct err *err)
{
	int r = watch_open(watch, policy, err);

	if (r < 0 || watch->fd < 0)
		return r;
	r = watchdog_arm(watch->fd, policy->watchdog_timeout_s, err);
	if (r < 0)
		return r;
	watch->timeout_s = (uint32_t)r;
	watch->deadline_s =
		now_s() + (policy->watchdog_timeout_s ? policy->watchdog_timeout_s
						      : watch->timeout_s);
	return 0;
}

/* Where the hardware waits as long as the candidate may take, it is left alone. */
void watch_feed(const struct watch *watch, bool for_good)
{
	if (watch->fd >= 0 &&
	    (for_good || now_s() + watch->timeout_s <= watch->deadline_s))
		watchdog_feed(watch->fd);
}

int watch_stop(struct watch *watch)
{
	int r = watch->fd < 0 ? 0 : watchdog_stop(watch->fd);

	if (r == 0) {
		fd_close(watch->fd);
		watch->fd = -EBADF;
	}
	return r;
}
