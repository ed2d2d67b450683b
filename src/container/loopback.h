/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A network that has only lo: `network none`. */
#include "base/err.h"
#include "format/manifest.h"

/* Can this kernel give it one, if it wants it? 0, or -ENOSYS naming the option that it lacks. */
int loopback_check(const struct manifest *manifest, struct err *err);

/* In a new network namespace of the caller's: lo goes up. 0 or -errno. */
int loopback_make(struct err *err);

/* As engines set it in a network of a container's own: users other than root serve low ports, and
 * ping. Of the caller's network namespace, and as far as the kernel has it. */
void loopback_permit(void);
