/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* How much of the machine a container may use: the manifest's `memory`, `pids` and `cpu`, by
 * its cgroup. */
#include "base/err.h"
#include "format/manifest.h"

/* Bytes of memory; 0: no limit. */
uint64_t limits_memory(const struct manifest *manifest);

/* Can this kernel keep them? 0, or -ENOSYS naming the option that it lacks. */
int limits_check(const struct manifest *manifest, struct err *err);

/* Sets them in the directory @cgroup, -errno where there is none. 0; -ENOSYS likewise, or
 * -errno. */
int limits_set(const struct manifest *manifest, int cgroup, struct err *err);
