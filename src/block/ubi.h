/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Flash without a controller of its own: UBI's volumes, by name. A source's value is VOLUME, or
 * PARTITION/VOLUME; PARTITION, an MTD partition, is "ubi" by default and is looked at only where
 * something has to be attached. Source: the kernel's include/uapi/mtd/ubi-user.h, and
 * Documentation/ABI/stable/sysfs-class-ubi.
 */
#include <errno.h>
#include <stdbool.h>

#include "base/err.h"
#include "block/backing.h"
#include "block/find/device.h"

#ifdef CONFIG_LAMINA_UBI
#define UBI_BUILT_IN true

extern const struct backing backing_ubi;      /* a volume: a character device */
extern const struct backing backing_ubiblock; /* the same, read as a disk */

/* Opens the volume called @name of any UBI device, to be read; it has room for @size_bytes and
 * was written whole. An fd, the caller's; -ENOENT: there is none; -EBADMSG; or another -errno. */
int ubi_open(const char *name, uint64_t size_bytes, struct err *err);

/* As device_read(), of /sys/class/ubi: 1 for a volume, with its name as the label. */
int ubi_read(int sysfs, const char *name, struct device *ret_device);

/* Is @label the volume of @value? */
bool ubi_answers(const char *label, const char *value);

/* Attaches the partition of @value. 0; -EAGAIN: it isn't there yet, or is attached already; or
 * another -errno. */
int ubi_attach(const char *value, struct err *err);

/* Is @fd, of which a backing was found, a volume? 1, 0, or -errno. */
int ubi_is_volume(int fd);

/* The volume @fd, open for writing by nobody else, is to be written anew with so many bytes, from the
 * start and in order. Until all are there it can't be read: -EBADF. 0 bytes: it is empty. */
int ubi_renew(int fd, uint64_t size_bytes);
#else
#define UBI_BUILT_IN false

static inline int ubi_open(const char *name, uint64_t size_bytes, struct err *err)
{
	(void)name;
	(void)size_bytes;
	(void)err;
	return -ENOENT;
}

static inline int ubi_read(int sysfs, const char *name, struct device *ret_device)
{
	(void)sysfs;
	(void)name;
	(void)ret_device;
	return 0;
}

static inline int ubi_is_volume(int fd)
{
	(void)fd;
	return 0;
}

static inline int ubi_attach(const char *value, struct err *err)
{
	(void)value;
	(void)err;
	return -ENOTSUP;
}

static inline int ubi_renew(int fd, uint64_t size_bytes)
{
	(void)fd;
	(void)size_bytes;
	return -ENOTSUP;
}
#endif
