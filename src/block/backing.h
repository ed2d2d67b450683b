/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What a block device can be made of, a table entry each. Who mounts or maps something asks
 * backing_of() what it has open, and needs no other word of what that is.
 */
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

#define BACKING_PATH_SIZE 64

struct backing {
	mode_t type; /* of what is open, as fstat() says it */
	/* A read-only block device of the first @size_bytes of @fd (borrowed), all of it where
	 * that is 0 and the kind can. @path: in, what @fd was opened as, where the kind is a
	 * device; out, "/dev/NAME". Returns an fd, the caller's until close(): it keeps the
	 * device until a mount or a mapping does. Or -errno. */
	int (*open)(int fd, uint64_t size_bytes, char path[BACKING_PATH_SIZE],
		    struct err *err);
	/* How many bytes @fd has. 0 or -errno. */
	int (*size)(int fd, uint64_t *ret_bytes);
	/* Undoes open() of @fd, as far as nobody uses the device. */
	void (*close)(int fd, int device);
};

extern const struct backing backing_file; /* by a loop device */
extern const struct backing backing_disk; /* is one */

/* close() of what goes by itself when nobody uses it. */
void backing_let_go(int fd, int device);

/* The kind of what is open as @fd. 0; -ENOTBLK: none; or -errno. */
int backing_of(int fd, const struct backing **ret_backing);

/* The same of those that a policy may name. */
int backing_of_named(int fd, const struct backing **ret_backing);
