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
	bool whole;		   /* prove every block, and panic only after that */
};

/* Is dm-verity in this kernel? 0, -ENOTSUP with what is missing, or -errno. */
int dm_probe(struct err *err);

/*
 * Maps the device, read-only, and proves it: reads the first block, or with @whole all of
 * them, and asks the target for "V". Returns an fd of the mapped block device, the
 * caller's, and its "/dev/dm-N" in @ret_path. The kernel takes the mapping away when its
 * last user goes, as it does with the loop device: keep the fd, which is for direct
 * reads, until a mount holds the device. A mapping that fails is removed again. -EBADMSG:
 * root hash does not match, or something that was read is damaged; -EEXIST: a mapping of
 * this name is there.
 */
int dm_verity_open(const struct dm_verity *verity, char ret_path[32], struct err *err);
