/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Would a device start this image? It finds out when it is late, so its own rules are asked
 * here, over the image's tree, and answer in its own words. What a volume or an injected
 * file may bring is not judged.
 */
#include <stdbool.h>

#include "base/err.h"
#include "format/manifest.h"
#include "pack/tree/tree.h"

/* @never: no device of the manifest's kind can start it; else one may. */
typedef void look_fn(void *context, bool never, const char *words);

/* Looks in the merged view of @tree, whose contents can be read, for what the device will
 * want of it: user, program and its interpreters, places of volumes and the like. Calls
 * @tell with a sentence for each that it will refuse. @temp is a directory to work in.
 * 0, or -errno: it could not be told. */
int look_for_traps(const struct tree *tree, const struct manifest *manifest, int temp,
		   look_fn *tell, void *context, struct err *err);
