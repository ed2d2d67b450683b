/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The images of a store, images/<64 hex digits>, in the order of their ids. */
#include <stdbool.h>
#include <stddef.h>

#include "base/digest.h"
#include "base/err.h"

/* As many are kept at a time: the directory is read once for so many, and not once for each. */
#define IMAGES_KEPT 256

struct images {
	int store; /* borrowed */
	bool more; /* than are kept: the next ones are behind the last of those */
	size_t at, count;
	struct digest ids[IMAGES_KEPT];
};

void images_init(struct images *images, int store);

/* The next one; other names are passed over. 1; 0: there are no more; or -errno; -E2BIG:
 * more entries than anybody would look through. */
int images_next(struct images *images, struct digest *ret_id, struct err *err);
