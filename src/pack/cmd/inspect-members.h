/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What `lamina inspect` tells of a set's members. Of another image: nothing. */
#include <jansson.h>
#include <stddef.h>

#include "pack/image/place.h"

/* Reads those that are there, for what follows. */
void inspect_members_read(const struct place *place);

void inspect_members_print(const struct place *place);
/* A line of the names of those that stand on the set's layer @index. */
void inspect_members_print_owners(const struct place *place, size_t index);

/* In the place of the lines that name them. 0 or -1. */
int inspect_members_json(const struct place *place, json_t *json);
/* The owners' names. 0 or -1. */
int inspect_members_json_owners(const struct place *place, size_t index, json_t *layer);
