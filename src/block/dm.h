/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* dm-verity through the kernel's device-mapper ioctls; no userland library, no udev. */
#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"

struct dm_verity {
	const char
		*name; /* of the mapped device, unique; at most 127 characters, no '/' */
	const char *device;  /* holds data and tree: "/dev/loop0" */
	uint64_t data_bytes; /* the superblock's offset; the tree starts 4096 later */
	const struct digest *root; /* from the signed manifest */
	bool panic;		   /* panic_on_corruption; else reads fail with EIO */
	bool whole; /* prove every block first, and panic only after that */
	/* Mounts "/dev/dm-N", or opens it: keeps it in use, and reads its first block.
	 * 0 or -errno. */
	int (*use)(void *context, const char *path, struct err *err);
	void *context;
};

/* Is dm-verity in this kernel? 0, -ENOTSUP with what is missing, or -errno. */
int dm_probe(struct err *err);

/*
 * Maps the device, read-only, has it used, and asks the target for "V", which it says once a
 * block was read and every one that was is good. The kernel takes the mapping away when its
 * last user goes, as it does with the loop device. 0 or -errno, and then the mapping goes when
 * what @use has made is undone, which is the caller's: -EBADMSG: root hash does not match, or
 * something that was read is damaged; -EEXIST: a mapping of this name is there.
 */
int dm_verity_use(const struct dm_verity *verity, struct err *err);
