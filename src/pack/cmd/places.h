/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Where nothing can be written, a device can't make the directories and files that it mounts on.
 * An engine makes them in the container; here they are a layer below all others, so that of each
 * the image's own is seen, where it has one.
 */
#include <stdbool.h>

#include "format/manifest.h"
#include "pack/source/source.h"

#define PLACES_NAME "places for a read-only root"

/* A root that is executed is whole by itself. */
bool places_wanted(const struct manifest *manifest);

/* Makes of an empty source one with that layer. 0 or -errno. */
int places_make(const struct manifest *manifest, struct source *source, struct err *err);
