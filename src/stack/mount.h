/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * New file systems, mounted in steps: the kernel explains what it does not like on the
 * descriptor of the file system being set up, and these calls put its words into the
 * error. Every descriptor returned is the caller's. Names of mount attributes are
 * <linux/mount.h>'s.
 */
#include "base/err.h"

/*
 * All steps in one: a file system of @type from @source (NULL: none) with @options
 * ("ro,a=b", no blanks; "" or NULL: none) and MOUNT_ATTR_* @attrs at @target. 0 or
 * -errno.
 */
int mount_new(const char *type, const char *source, const char *options,
	      unsigned int attrs, const char *target, struct err *err);

/* The same, left unattached: returns the mount as mount_make() does. */
int mount_unattached(const char *type, const char *source, const char *options,
		     unsigned int attrs, struct err *err);

/* A file system context. -ENODEV: the kernel does not have this type. */
int mount_begin(const char *type, struct err *err);

/* Sets one option; @value NULL for one that has none. The kernel takes at most 255 bytes.
 */
int mount_set(int fs, const char *key, const char *value, struct err *err);

/* Makes the superblock: this is where most failures come. Returns an unattached mount,
 * which goes away when its descriptor is closed. */
int mount_make(int fs, unsigned int attrs, struct err *err);

/* Attaches a mount of mount_make() at @target. 0 or -errno. */
int mount_attach(int mount, const char *target, struct err *err);

/* Moves what is mounted at @from below @from_dirfd to @to below @to_dirfd; "" is the
 * descriptor itself. 0, or -errno without a text: the caller knows the names. */
int mount_move(int from_dirfd, const char *from, int to_dirfd, const char *to);
