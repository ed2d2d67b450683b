/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A boot slot: a partition whose first bytes are a blob that the boot loader verifies and
 * starts. One that is being written begins with zeros, which no loader takes.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"

struct partition {
	const char *path; /* of the device; borrowed */
	/* Told of bytes that were written, and once more of those that were read; NULL where
	 * nothing is written: nobody wants to know. */
	void (*progress)(void *context, size_t size);
	void *context;
};

/* Could it hold so many bytes? 0, -ENOSPC: no; or -errno. */
int partition_check(const char *path, uint64_t size_bytes, struct err *err);

/* Does the medium hold at its beginning @size_bytes that hash to @digest? 1, 0, or
 * -errno. Uses incoming_buffer. */
int partition_holds(const struct partition *partition, const struct digest *digest,
		    uint64_t size_bytes, struct err *err);

/* Writes the file @blob into it and reads it back. 0 or -errno: it holds nothing that starts
 * then, unless it was too small or in use, when nothing was written. -EBUSY: somebody has it
 * mounted; -EIO: the medium, or the blob, is not what @digest says. Uses incoming_buffer. */
int partition_write(const struct partition *partition, int blob,
		    const struct digest *digest, uint64_t size_bytes, struct err *err);
