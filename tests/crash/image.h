/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The disk as a power cut leaves it, as something that can be mounted: in a file behind loop devices,
 * or as flash with UBI, which block2mtd makes of the first of these, or nandsim in memory. */
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "crash/disk.h"
#include "crash/layout.h"

struct image {
	const char *type; /* of the file system; ubifs: the image is flash */
	int fd;
	uint8_t *bytes; /* NULL: nandsim has them */
	bool *pages;	/* that some state has something in: see find_pages() */
	size_t size;
};

/* 0 or -errno. */
int image_open(struct image *ret_image, const char *type, const struct layout *layout,
	       const struct disk *disk, const struct log *log, struct err *err);

/* Makes the image what the disk is, whatever the mount before did to it. 0 or -errno. */
int image_sync(struct image *image, const struct disk *disk, struct err *err);

/* At JUDGE_STORE, as init mounts a store, or @writable. 0 or -errno. */
int image_mount(const struct image *image, bool writable, struct err *err);
int image_unmount(const struct image *image, struct err *err);
