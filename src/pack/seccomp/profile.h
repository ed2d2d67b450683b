/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Docker's seccomp profiles (JSON with defaultAction and rules of names) as the numbers that a
 * manifest lists. Rules count by what the image has: `includes` and `excludes` are asked for
 * its architecture and capabilities. What refuses a call goes before what allows it, whatever
 * errno it names: a device gives EPERM.
 */
#include <stddef.h>

#include "base/err.h"
#include "format/manifest.h"

/* The profile for who names none, default.json: Docker's, as its documentation has it. */
extern const char profile_standard[];
extern const size_t profile_standard_size;

#define PROFILE_TEXT_SIZE (MANIFEST_MAX_RANGES * 15)

/* Writes the ranges that the profile of @size bytes allows to @ret_text. What of it a device
 * can't keep is refused, and told in a note. 0; -EBADMSG: it is no profile; -EINVAL: it allows
 * nothing, or more ranges than a manifest has; -ENOMEM. */
int profile_ranges(const char *bytes, size_t size, const struct manifest *manifest,
		   char ret_text[PROFILE_TEXT_SIZE], struct err *err);
