/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What the texts of a manifest may say, for reader and writer alike. Each function
 * returns NULL, or static words that go on after the key's name: "name: must match ...".
 */
#include <stdbool.h>
#include <stddef.h>

#include "format/manifest.h"

const char *manifest_wrong_name(const char *text);
const char *manifest_wrong_version(const char *text);
const char *manifest_wrong_compatible(const char *text);
const char *manifest_wrong_arch(const char *text);
const char *manifest_wrong_path(const char *text);
const char *manifest_wrong_inject(const char *text);
const char *manifest_wrong_volume(const char *text);
const char *manifest_wrong_env(const char *text);
const char *manifest_wrong_user(const char *text);
const char *manifest_wrong_signal(const char *text);
const char *manifest_wrong_hostname(const char *text);
const char *manifest_wrong_net(const char *text);
const char *manifest_wrong_needs(const char *text);
const char *manifest_wrong_capability(const char *text);
const char *manifest_wrong_syscalls(const char *text);
const char *manifest_wrong_amount(const char *text);
const char *manifest_wrong_device(const char *text);
const char *manifest_wrong_share(const char *text);
const char *manifest_wrong_source(const char *text);

/* What options are of: an upper in memory, a volume in memory, one of the store. */
enum manifest_options {
	MANIFEST_OF_UPPER,
	MANIFEST_OF_TMPFS,
	MANIFEST_OF_PERSIST,
};

/* Options joined by commas. */
const char *manifest_wrong_options(const char *text, enum manifest_options of);

/* Does item @index of a list get on with what stands before it (and with other lists)? */
const char *manifest_clash_compatible(const struct manifest *manifest, size_t index);
const char *manifest_clash_layer(const struct manifest *manifest, size_t index);
const char *manifest_clash_volume(const struct manifest *manifest, size_t index);
const char *manifest_clash_inject(const struct manifest *manifest, size_t index);
const char *manifest_clash_arg(const struct manifest *manifest, size_t index);
const char *manifest_clash_env(const struct manifest *manifest, size_t index);
const char *manifest_clash_cap_add(const struct manifest *manifest, size_t index);
const char *manifest_clash_cap_drop(const struct manifest *manifest, size_t index);
const char *manifest_clash_device(const struct manifest *manifest, size_t index);
const char *manifest_clash_net(const struct manifest *manifest, size_t index);
const char *manifest_clash_needs(const struct manifest *manifest, size_t index);
const char *manifest_clash_member(const struct manifest *manifest, size_t index);

/* Is @path the place @top or below it? */
bool manifest_below(const char *path, const char *top);
