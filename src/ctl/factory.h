/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The factory's image, before a device is sent back to it. */
#include "base/err.h"
#include "ctl/ctl.h"

/*
 * Would the factory's image start, by the policy and its floor? Mounts the factory's store
 * for that moment; one that is in the initramfs can't be looked at any more, so only a
 * device that was booted with it is believed to have one. 0, or -errno with the factory and
 * the reason.
 */
int factory_check(struct ctl *ctl, struct err *err);
