/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What members of a set bring along, unless the store that is made has it. */
#include "base/err.h"
#include "pack/host/staging.h"
#include "pack/image/place.h"

/* Layer @index of the image, checked on its way. 0 or -errno. */
int set_copy_layer(struct staging *staging, const struct place *place, size_t index,
		   struct err *err);

/* Its manifest, as the blob @id. 0 or -errno. */
int set_copy_manifest(struct staging *staging, const struct image *image,
		      const struct digest *id, struct err *err);
