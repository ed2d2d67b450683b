/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What happens to the candidate that runs: it was good, or the device reboots on purpose.
 * For laminactl and for init's keeper. */
#include <stdint.h>

#include "base/err.h"
#include "format/manifest.h"
#include "format/record.h"
#include "store/settings.h"
#include "store/writable.h"

struct confirm {
	const char *store;  /* path of its mount */
	const char *device; /* of the record; NULL: the store's file */
	const struct settings *settings;
	enum writable_rest rest; /* of the store */
	struct digest running;
	struct manifest *scratch; /* overwritten */
	/* confirm_fall()'s own */
	enum record_reason reason;
	const char *why, *check;
};

/* The image that runs becomes current, and the floor rises as the policy's raise-floor
 * says. 0: that is on the medium; -EALREADY: it is current; -EPERM: not the candidate; -EAGAIN:
 * locked; or as state_write(). */
int confirm_running(const struct confirm *confirm, struct err *err);

/* The image that runs is no candidate any more, because of @confirm->reason, with what
 * fall_tell() takes besides. 0; -EPERM: it is not the candidate; -EAGAIN: locked; or as
 * state_write(). */
int confirm_fall(const struct confirm *confirm, struct err *err);

/* Gives the candidate that runs its try back, before a deliberate reboot. 1: done; 0:
 * nothing to give back; -EALREADY: that was done once; -EAGAIN: locked; or as
 * state_write(). */
int confirm_reboot(const struct confirm *confirm, struct err *err);
