/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What people and programs do to the boot record on a running device; decide.h is what
 * booting does. Pure: each changes *record only on success, and nothing is on the disk
 * until the caller writes it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "format/record.h"

/* There is no candidate any more, and nothing is said against the one there was. */
void transition_forget(struct record *record);

/* The candidate fell because of @reason: remembered as failed, and no candidate any more.
 * Without one, nothing happens. */
void transition_fall(struct record *record, enum record_reason reason);

/* @id, complete in the store, becomes the candidate with @tries starts (1 to 255). One
 * that was there before is forgotten. @id may be the previous image; -EEXIST when it is
 * the current one and there is no candidate to give up. */
int transition_install(struct record *record, const struct digest *id, uint8_t tries,
		       struct err *err);

/* The running candidate is good: it becomes current, the current one previous, and the
 * floor is raised to @floor if that is higher. -EALREADY when @running is the current
 * image already; -EPERM when something else than the candidate runs. */
int transition_confirm(struct record *record, const struct digest *running,
		       uint64_t floor, struct err *err);

/* Back: a candidate is dropped (as transition_reject()); without one the previous image
 * becomes current. -ENOENT without a previous one; -ESTALE when @previous_serial is below
 * the floor. */
int transition_rollback(struct record *record, uint64_t previous_serial, struct err *err);

/* The candidate fell: remembered as failed with RECORD_REASON_REJECTED. -ENOENT. */
int transition_reject(struct record *record, struct err *err);

/* A deliberate reboot of the running candidate: its try is given back, once. Not for an
 * image that was started from another slot: it may be the candidate too, but this start
 * was not counted. 1 when the record changed, else 0: nothing to give back. */
int transition_reboot(struct record *record, const struct digest *running);

/* The candidate's next start is counted now, and not by init again: the loader is about to
 * be asked for it, once. -ENOENT: no candidate; -EDQUOT: it has no tries left. */
int transition_arm(struct record *record, struct err *err);

/* Factory reset: candidate and failed image are forgotten, the floor stays. With
 * @factory there is no current image either, so that the factory's is started. */
void transition_reset(struct record *record, bool factory);

/* What another version of the record has is gone, and so is what an older program can't
 * know of it: candidate and failed image. Who is confirmed stays, and the floor. */
void transition_anew(struct record *record);

/* Images for a *record that names none which is there, or is all zeros because there was
 * none or both copies rotted: @ids are those that verify, highest serial first. One becomes current.
 * With several, the highest one is a candidate beside the next: nobody knows any more
 * whether it was confirmed. The rest of it, such as the floor, stays. */
void transition_rebuild(const struct digest *ids, size_t count, uint8_t tries,
			struct record *record);

/* *record was made up while an image runs that is known to be confirmed: if it is among
 * those in the record, it stays or becomes the current one. */
void transition_keep(struct record *record, const struct digest *running);
