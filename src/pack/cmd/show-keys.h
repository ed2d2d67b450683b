/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A manifest's keys as `lamina inspect` shows them; all but the layers. */
#include <jansson.h>

#include "format/manifest.h"

/* A line each on stdout, defaults too, in the manifest's own spelling. */
void show_keys(const struct manifest *manifest);

/* Each into @json, as manifest/keys.def names it there. 0 or -ENOMEM. */
int show_keys_json(const struct manifest *manifest, json_t *json);

/* A JSON text, with what isn't UTF-8 spelled as in the manifest. */
json_t *show_text_json(const char *text);
