/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What nobody needs any more: images first, then the blobs that no image names, the logs of
 * names that no image has any more, and what a power cut left half made. */
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "format/manifest.h"
#include "format/record.h"
#include "store/settings.h"

struct gc {
	int store;
	const struct settings *settings;
	const struct record *record; /* its images are kept; NULL: all images and blobs */
	struct digest running;	     /* the image that runs, or unset: kept too */
	const struct manifest *also; /* its blobs are kept; or NULL */
	bool dry_run;
	/* results */
	uint64_t freed_bytes;
	unsigned int images, blobs, logs;
	unsigned int others; /* entries of incoming/, volumes and uppers half made */
};

/*
 * Under the lock and the store writable, unless dry_run. An image that is kept but can't be
 * read keeps every blob and log: rather too much than one that is in use. Names that
 * aren't ours are left alone. 0 or -errno; a power cut in between is harmless.
 */
int gc_run(struct gc *gc, struct err *err);
