/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The line `health`: when an application's health is checked, all in seconds. */
#include "format/manifest/reader.h"

#define MANIFEST_HEALTH_MOST 86400 /* of each of its numbers: a day */

struct str;

/* Docker's. */
void manifest_health_defaults(struct manifest_health *ret_health);

/* Takes the line's words; those that are not there stay as they are. */
int manifest_read_health(struct manifest_reader *reader, const struct manifest_key *key);

void manifest_write_health(const struct manifest_health *health, struct str *text);
