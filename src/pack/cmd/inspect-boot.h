/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What `lamina inspect` tells of the boot blob that an image brings along. */
#include <jansson.h>

#include "pack/image/place.h"

/* A line or two on stdout; none where there is no blob. */
void inspect_boot_print(const struct place *place);

/* Adds "boot" to @json, as the manifest and the blob have it. 0 or -ENOMEM. */
int inspect_boot_json(const struct place *place, json_t *json);
