/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Which system calls a confined program may make: the manifest's `syscalls`, and a few rules
 * on their arguments that no list of numbers tells, as a filter of the kernel's.
 */
#include <linux/filter.h>
#include <stddef.h>

#include "base/err.h"
#include "format/manifest.h"

/* Instructions: four a range, and the rules before them. */
#define FILTER_SIZE (4 * MANIFEST_MAX_RANGES + 48)

/* Writes the filter that @manifest's architecture, capabilities and `syscalls` make. How many
 * instructions it has; -ENOTSUP for an architecture that is not known here, or a text that no
 * manifest may hold. */
int filter_compile(const struct manifest *manifest,
		   struct sock_filter ret_filter[FILTER_SIZE]);

/* Has this kernel filters? 0, or -ENOSYS with the name of its option. */
int filter_check(struct err *err);

/* Puts it into force for this process, which has no_new_privs or CAP_SYS_ADMIN, and all that
 * it starts. 0 or -errno. */
int filter_load(const struct manifest *manifest, struct err *err);
