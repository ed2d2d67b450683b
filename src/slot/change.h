/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A change of the boot record on a running device, or of a store on a workstation: the
 * lock, the record, the store writable for a moment. What the change is, transition.h
 * says.
 */
#include <stdbool.h>

#include "base/err.h"
#include "format/record.h"
#include "slot/select.h"
#include "store/settings.h"
#include "store/writable.h"

struct change {
	/* the caller's */
	const char *path;   /* of the store: where it is mounted */
	const char *device; /* of the record; NULL: the file `state` of the store */
	const struct settings *settings;
	enum writable_rest rest; /* of the store */
	const struct digest
		*running; /* id of an image that runs and is confirmed, or NULL */
	bool looks;	  /* changes nothing: no lock */
	bool anew;	  /* whatever the version of the record is */

	/* set by change_begin() */
	int store; /* owned until change_end() */
	struct select select;
	struct record *record; /* of select: change this one */
	struct writable writable;
	bool is_writable;
};

/* select_open() of @store, without a lock and without any write: the record of
 * ret_select->decide is the disk's, or what the next boot would make up. */
int change_read(const struct settings *settings, int store, const char *device,
		struct select *ret_select, struct err *err);

/* Locks the store and reads the record; where there is no valid one, the record is what
 * the next boot would make up, but that @running is current if it is there and good. 0;
 * -EAGAIN: another writer is at work; -ENOTSUP: a record of a newer version, hands off unless @anew;
 * -errno. Needs change_end() in either case. */
int change_begin(struct change *change, struct err *err);

/* Makes the store writable, until change_end(). 0 or -errno. */
int change_writable(struct change *change, struct err *err);

/* All that was written is on the medium, in its own place and not only in a journal: the
 * store is read-only again for a moment, if it was; where somebody else has a file open for
 * writing, or it was writable all along, nothing is done. 0 or -errno: what was written may
 * be lost. */
int change_settle(struct change *change, struct err *err);

/* Puts the record on the medium, the store having been made writable if need be. 0 or
 * state_write()'s. */
int change_write(struct change *change, struct err *err);

/* The store as it was or is meant to be, and unlocked. 0, or -errno: it stays writable. */
int change_end(struct change *change, struct err *err);
