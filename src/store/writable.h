/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A store that is mounted read-only, writable for as long as it takes. */
#include <stdbool.h>

#include "base/err.h"

struct writable {
	char path[256];		 /* of the mount */
	unsigned long flags;	 /* of it, MS_*, less read-only */
	bool mount_ro, super_ro; /* as they are to be afterwards */
};

/* What a store is when nobody changes it. A change that was killed leaves it writable, so
 * how it is found does not tell. */
enum writable_rest {
	WRITABLE_AS_FOUND,
	WRITABLE_MOUNT_READ_ONLY, /* something of it is mounted writable elsewhere */
	WRITABLE_READ_ONLY,
};

/* Gives the store's mount at @path the flags it always has and @flags: 0 or MS_RDONLY, of
 * its file system; with MS_BIND, of this mount alone. 0 or -errno. */
int writable_remount(const char *path, unsigned long flags);

/* Makes the mount at @path (and its file system) writable, keeping nosuid, nodev and
 * noexec. A directory that isn't a mount point, or is writable already, is left alone.
 * 0 or -errno: nothing has changed then. */
int writable_begin(struct writable *writable, const char *path, enum writable_rest rest,
		   struct err *err);

/* Can a store be made writable at all, as far as that shows without trying? 0; -EROFS: its
 * disk is read-only. */
int writable_check(int store, struct err *err);

/* As it was found, and read-only as far as @rest said. 0 or -errno; -EBUSY while a file
 * is still open for writing. */
int writable_end(const struct writable *writable, struct err *err);
