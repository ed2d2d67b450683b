/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the machine around a container is set to, once. */
#include "base/err.h"

/* The cgroup tree, and what lets users other than root serve below port 1024 and ping. A
 * kernel that has none of it is no failure. */
void host_prepare(void);

/* A new cgroup @name for an application that starts. Its directory, the caller's; -ENOENT where
 * there are none. */
int host_cgroup(const char *name);

/* The same of one that runs. */
int host_cgroup_there(const char *name);
