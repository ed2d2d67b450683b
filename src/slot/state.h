/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The boot record on its disk: the file `state` of the store, or a partition of its own.
 * Both copies are written every time, the worse one first, each flushed and read back
 * past the page cache, so that a power cut at any moment leaves one that is whole.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "format/record.h"

/* Opens the file of @store, or @device where that is not NULL: a block device, or what is
 * to be copied to one. An fd the caller owns; -ENOENT: there is none; -EBADMSG: what the
 * store has by that name is not a regular file of RECORD_ROOM bytes or more; -EINVAL: nor
 * is @device, or a block device. @write: for state_write() too. */
int state_open(int store, const char *device, bool write, struct err *err);

/* Makes the file of @store, RECORD_ROOM bytes written out, complete or not at all, in place
 * of anything that state_open() says -EBADMSG of. An fd as from state_open(); -EEXIST: there
 * is one; -ENOTEMPTY: a directory with something in it. */
int state_create(int store, struct err *err);

/* What stands in each copy: 0 or what state_read() would return for it alone. */
struct state_copies {
	int copies[RECORD_COPIES];
};

/*
 * The newest valid record. 0; -ENODATA: nothing was ever written (both copies are zeros);
 * -EBADMSG: no copy is whole; -ENOTSUP: the newest whole one has a newer version, hands
 * off, but *ret_record is what can be known of it; -EIO: neither can be read. @ret_copies may be NULL.
 */
int state_read(int fd, struct record *ret_record, struct state_copies *ret_copies,
	       struct err *err);

/*
 * Makes *record the newest: gives it the seq after the latest, of its own and of those
 * on the disk, and writes both copies. 0: both are on the medium and were read back. On
 * failure the text says what the disk holds now: a flush that failed is not tried again,
 * the copies are read instead. -EREMOTEIO: the new record is whole in one copy all the
 * same, and the next boot will see it; any other -errno: the old one still counts, and
 * -ENOTSUP means that it is of a newer version.
 */
int state_write(int fd, struct record *record, struct err *err);

/* The same from state_open() on; where the store has no file that can hold a record, one is
 * made. 0 or as those three. */
int state_put(int store, const char *device, struct record *record, struct err *err);

/* Gives back the memory that all of these work in. */
void state_give_back(void);
