/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The private place where a stack is half built: one mount to take away undoes it all. */
#include "base/err.h"

/* Mounts a tmpfs for building at @path (made if missing), private. 0 or -errno. */
int work_open(const char *path, struct err *err);

/* Detaches everything below @path, newest first by the kernel. 0 or -errno. */
int work_drop(const char *path, struct err *err);

/* Mounts a tmpfs at @target with @options ("size=50%", "" for none), nosuid/nodev as @flags. */
int work_tmpfs(const char *target, unsigned long flags, const char *options, struct err *err);
