/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Members of a set that are packed first, each as `lamina pack` would, into a directory that goes
 * again. */
#include <stdbool.h>

#include "base/err.h"
#include "format/manifest.h"
#include "pack/cmd/set-members.h"
#include "pack/image/place.h"

struct set_pack {
	const struct manifest *set; /* whose devices they are for */
	bool force;
	char *scratch; /* NULL: none yet */
};

/* Opens the member's store or bundle, or packs its sources with its options; where it has an
 * option or several sources, only sources will do. 0 or -errno. */
int set_pack_open(struct set_pack *pack, const struct set_member *member,
		  struct place *ret_place, struct err *err);
void set_pack_done(struct set_pack *pack);
