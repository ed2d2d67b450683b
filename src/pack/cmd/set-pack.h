/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Members of a set that are packed first, each as `lamina pack` would, into a directory that goes
 * again. */
#include <stdbool.h>

#include "base/err.h"
#include "format/manifest.h"
#include "pack/image/place.h"
#include "pack/source/source.h"

struct set_pack {
	const struct manifest *set; /* whose devices they are for */
	bool force;
	char *scratch; /* NULL: none yet */
};

/* Opens what is a store or a bundle already, or packs a source, with @options of pack's or NULL;
 * with options, only a source will do. 0 or -errno. */
int set_pack_open(struct set_pack *pack, const char *name, const char *what,
		  const struct source_texts *options, struct place *ret_place,
		  struct err *err);
void set_pack_done(struct set_pack *pack);
