/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Does an image hold what its manifest names, and would a device do what it asks for? The
 * device finds out when it is late; here it is a warning and no error, because a volume or
 * an injected file may bring the thing, and another init may know more.
 */
#include "format/manifest.h"
#include "pack/tree/tree.h"

typedef void look_fn(void *context, const char *words);

/* Looks in the merged view of @tree, whose contents must still be open, for the
 * manifest's program and user, and calls @tell with a sentence for each that isn't there.
 */
void look_for_traps(const struct tree *tree, const struct manifest *manifest,
		    look_fn *tell, void *context);
