/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The boot's timeline that init left: /run/lamina/boot. */
#include "base/err.h"
#include "ctl/ctl.h"
#include "ctl/out.h"

/* A line a step: when it began after the kernel's start, how long it took, its name; or,
 * with @json, the field "boot". 0; -ENOENT with a reason: there is none; -errno. */
int timeline_show(struct out *out, const struct ctl *ctl, bool json, struct err *err);
