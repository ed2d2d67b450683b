/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Two images side by side: their layers by digest, and the trees that a device would see.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "pack/image/delta.h"
#include "pack/image/place.h"
#include "pack/tree/tree.h"

struct diff_side {
	struct place place;
	struct tree_node
		*merged; /* in the diff's tree; of a set, each member below its name */
};

struct diff {
	struct tree tree;
	struct diff_side before, after;
	struct delta_list deltas; /* from the one to the other */
};

/* Opens both places (place_open() says what the prefixes are). 0 or -errno; needs
 * diff_done() in either case. */
int diff_open(struct diff *diff, const char *before, const char *before_prefix,
	      const char *after, const char *after_prefix, struct err *err);
void diff_done(struct diff *diff);

/* Reads the layers of both, each blob once and only if its sha256 is right, and merges
 * them; and makes the deltas. 0; -EBADMSG; -ENOENT when sqfs2tar isn't installed; -errno. */
int diff_read(struct diff *diff, struct err *err);

/* Where @image has the layer @layer of @other; -1: nowhere. */
int diff_find_layer(const struct image *image, const struct image *other, size_t layer);

#define __diff __attribute__((cleanup(diff_done)))
