/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The boot slots of the device that this runs on: who holds what, and how a kernel gets into
 * one. The slot that runs is never written. A store that --store names is not this device's.
 */
#include "ctl/ctl.h"
#include "loader/loader.h"

struct slots {
	struct loader loader; /* .ops NULL: the policy names none */
	enum boot_slot runs;  /* set by slots_put() */
};

/* Opens the loader that the policy names. 0, also where it names none, or -errno. */
int slots_open(const struct ctl *ctl, struct slots *ret_slots, struct err *err);

/* Is the kernel that runs the one that @boot asks for? Then it needs no slot. */
bool slots_is_running(const struct ctl *ctl, const struct manifest_boot *boot);

/* Before anything is written: would an image that asks for @boot find a slot? As slots_open();
 * -ENOTSUP: there are none; -ENOSPC. */
int slots_check(const struct ctl *ctl, const struct manifest_boot *boot,
		struct slots *ret_slots, struct err *err);

/* Does the medium have @boot in @slot? 1, 0 or -errno. */
int slots_holds(const struct slots *slots, enum boot_slot slot,
		const struct manifest_boot *boot, struct err *err);

/* Has the slot that doesn't run hold @boot, of which @store has the blob, and the loader start
 * the one that runs until somebody says otherwise. @before is called before a byte of a slot
 * changes; a slot with @keep, which is the current image's, is not given up for it. 1: written;
 * 0: it was there; -ENXIO: nobody can tell which one runs; -EBUSY: @keep; or -errno. slots->runs
 * is set, the other one is @boot's. */
int slots_put(const struct ctl *ctl, struct slots *slots, int store,
	      const struct manifest_boot *boot, const struct manifest_boot *keep,
	      int (*before)(void *context, struct err *err), void *context,
	      struct err *err);

static inline enum boot_slot slots_other(enum boot_slot slot)
{
	return slot == BOOT_SLOT_A ? BOOT_SLOT_B : BOOT_SLOT_A;
}
