/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/squash.h"

#include <linux/mount.h>

#include "stack/mount.h"

int squash_mount(const char *device, const char *target, struct err *err)
{
	return mount_new("squashfs", device, "ro", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV,
			 target, err);
}
