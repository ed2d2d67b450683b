/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Stacking mounted layers under an optional upper. */
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct overlay {
	int lowers_fd; /* directory with the layers as "0", "1", ..., bottom first */
	size_t count;  /* of layers; at most 500, the kernel's limit */
	const uint16_t
		*names; /* which of them, bottom first, where others use them too; NULL:
				  all */
	const char *upper; /* directory for changes, or NULL for a read-only stack */
	const char *work;  /* beside upper, same file system; NULL with no upper */
};

/*
 * Mounts the stack at @target (absolute). With one layer and no upper the kernel has no
 * overlay to make: that layer is moved to @target instead, or shown there as well. Options: index, metacopy, xino
 * off, redirect_dir=nofollow; no value longer than the kernel takes, whatever the count.
 * Changes the working directory and comes back. 0 or -errno with the kernel's own words.
 */
int overlay_mount(const struct overlay *overlay, const char *target, struct err *err);
