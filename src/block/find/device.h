/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What sysfs and a block device's first sectors tell about it. */
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "block/backing.h"
#include "block/find/gpt.h"

#define DEVICE_PATH_SIZE BACKING_PATH_SIZE

struct device {
	int sysfs;		     /* /sys/class/block, borrowed */
	char name[48];		     /* there */
	char path[DEVICE_PATH_SIZE]; /* "/dev/..." */
	char label[128]; /* of the partition, as the kernel has it: 7 bits; "" for none */
	unsigned int number; /* of the partition; 0: a whole device */
};

/* The small file @attribute of @name in @sysfs as text, ended by a NUL. Its length or -errno. */
int device_attribute(int sysfs, const char *name, const char *attribute, char *ret_text,
		     size_t size);

/* The "/dev/NAME" that the uevent of @name in @sysfs says. 0 or -errno. */
int device_node(int sysfs, const char *name, char ret_path[DEVICE_PATH_SIZE]);

/* 1 for a device of some size, 0 for one without (an unused loop device), or -errno. */
int device_read(int sysfs, const char *name, struct device *ret_device);

/* The disk's serial number without blanks at the ends. 0, -ENOENT for none, or -errno. */
int device_serial(const struct device *device, char *ret_text, size_t size);

/* The partition's PARTUUID, and its label ("" in MBR tables), from the table of its disk.
 * 0, -ENOENT when it isn't in one, -EBADMSG when that can't be read, or -errno. */
int device_partition(const struct device *device, struct gpt_entry *ret_entry);

/* Does the disk say that it has a GPT, and the first of the two tables isn't one? Unless it
 * is told to take the second one, the kernel then knows none of its partitions. */
bool device_has_bad_table(const struct device *device);
