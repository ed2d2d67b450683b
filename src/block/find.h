/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Finding a block device by name, without udev: /sys/class/block and the first sectors. */
#include <stdint.h>

#include "base/err.h"
#include "block/backing.h"

/*
 * Waits at most @timeout_ms for the device that @source names (PARTLABEL= PARTUUID=
 * LABEL= UUID= serial= or a /dev path), looking again every few milliseconds. Returns a
 * read-only fd of it, the caller's, and its "/dev/NAME" in @ret_path. -ENXIO after the
 * time, with what was seen instead; -ENOTUNIQ when two devices answer to the name;
 * -EINVAL for a source that can't be read.
 */
int find_device(const char *source, uint32_t timeout_ms, char ret_path[BACKING_PATH_SIZE],
		struct err *err);

/*
 * Looks again, once, for a device that answers to @source beside the one at @path, which
 * find_device() has found: it may only have been slower to come. Loop devices and the
 * device-mapper's, which were made since, are passed over. -ENOTUNIQ when there is one; else
 * 0, also where nobody can be asked.
 */
int find_twin(const char *source, const char *path, struct err *err);
