/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Which source layers become one layer of the image. */
#include <stddef.h>

#include "base/err.h"
#include "pack/source/source.h"

struct import_group {
	const struct source_layer *const *sources; /* adjacent, bottom first */
	size_t count;
};

struct import_plan {
	const struct source_layer **all; /* of every source, bottom first */
	size_t source_count;
	struct import_group *groups;
	size_t count;
};

/* At most @merge groups (0: a group for each layer), joined so that small neighbours go
 * together. Depends on the stored sizes only. 0; -EINVAL without any layer; -ENOMEM. */
int import_plan_make(const struct source *sources, size_t count, size_t merge,
		     struct import_plan *ret_plan, struct err *err);
void import_plan_done(struct import_plan *plan);
