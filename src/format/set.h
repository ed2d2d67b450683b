/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Several images as one: what the lines of a manifest with `run set` say together.
 * lamina-manifest(5) is the source. Pure: workstation and device ask the same functions.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "format/manifest.h"

#define SET_PATH_SIZE 256 /* of a shared volume, with its end */

/* How far another member must have come. */
enum set_how {
	SET_STARTED,
	SET_HEALTHY,
	SET_DONE,
};

/* A line `needs`: member @who is started when member @on has come so far. */
struct set_need {
	size_t who, on;
	enum set_how how;
};

/* A line `share`: the volume @from_path of member @from is at @to_path of member @to, too. */
struct set_share {
	size_t from, to;
	char from_path[SET_PATH_SIZE], to_path[SET_PATH_SIZE];
	bool ro;
};

/* NULL, or what is wrong with the line by itself. */
const char *set_wrong_need(const char *text);
const char *set_wrong_share(const char *text);

/* Line @index. False: one of its names is no member's. */
bool set_need(const struct manifest *set, size_t index, struct set_need *ret_need);
bool set_share(const struct manifest *set, size_t index, struct set_share *ret_share);

/* The member called so, or as many as there are. */
size_t set_find(const struct manifest *set, const char *name, size_t size);

/* Do all the lines hold together: names, no circle, nothing twice? Of another manifest: does it
 * ask for nothing that takes a set? 0, or -EINVAL with the reason. */
int set_check(const struct manifest *manifest, struct err *err);

/* May member @index of the set be what was read from its blob? Its layers must be among the
 * set's. 0; -ENOTSUP: takes a newer version; -EBADMSG with the reason. */
int set_check_member(const struct manifest *set, size_t index,
		     const struct manifest *member, struct err *err);

/* Which of the set's layers is this one? As many as there are: none. */
size_t set_layer(const struct manifest *set, const struct digest *blob);

/* The set's layers that @member stands on, bottom first. One that it has twice is there once,
 * where it is uppermost: of the lower one nothing is to be seen, and no kernel stacks a layer
 * on itself. How many. */
size_t set_layers(const struct manifest *set, const struct manifest *member,
		  uint16_t ret_layers[MANIFEST_MAX_LAYERS]);
