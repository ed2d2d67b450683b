/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What a device that has the one image would fetch to have the other, by each way: all of it,
 * the layers that it lacks and the members' manifests, or deltas where they pay. */
#include <jansson.h>

#include "pack/diff/diff.h"

/* After diff_read(). Text on stdout, or an object of the caller's; NULL: no memory. */
void fetch_print(const struct diff *diff);
json_t *fetch_json(const struct diff *diff);
