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
	enum boot_slot runs;  /* set by slots_tell() */
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

/* Which slot runs, into slots->runs: by what is in it. 0, -ENXIO: nobody can tell; or -errno. */
int slots_tell(const struct ctl *ctl, struct slots *slots, int store, struct err *err);

/* Has the slot that doesn't run hold @boot, of which the store has the blob, and the loader start
 * the one that runs until somebody says otherwise. Before a byte of the slot changes, the record
 * names neither it nor a candidate any more; a slot with @keep, which is the current image's, is
 * not given up for it. 1: written; 0: it was there; -ENXIO, as slots_tell(), which this begins
 * with; -EBUSY: @keep; or -errno. */
int slots_put(const struct ctl *ctl, struct slots *slots, struct change *change,
	      const struct manifest_boot *boot, const struct manifest_boot *keep,
	      struct err *err);

/* Has the loader start the slot of @image, one of the record's, from now on, and none once; where
 * that is not known to have one, nothing is done. Before the record says so, too: one that can't
 * be told is an error then, and not half a change. 0 or -errno. */
int slots_settle(const struct ctl *ctl, const struct record *record,
		 const struct digest *image, struct err *err);

/* @record says that @slot has the kernel of @image, which is @boot's. 0 or -errno. */
int slots_note(struct record *record, const struct digest *image, enum boot_slot slot,
	       const struct manifest_boot *boot, struct err *err);

static inline enum boot_slot slots_other(enum boot_slot slot)
{
	return slot == BOOT_SLOT_A ? BOOT_SLOT_B : BOOT_SLOT_A;
}
