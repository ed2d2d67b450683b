/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The private place where a stack is half built: one mount to take away undoes it all.
 * Not below a directory that is moved later (/run): a mount can't move below itself.
 */
#include "base/err.h"

/* Makes all mounts private, so that nothing of ours shows elsewhere and they can be
 * moved, and mounts a tmpfs for building at @path (made if missing). 0 or -errno. */
int work_open(const char *path, struct err *err);

/* Detaches everything at and below @path, newest first by the kernel. 0 or -errno;
 * -EINVAL: nothing is mounted there. */
int work_drop(const char *path, struct err *err);

/* Mounts a tmpfs at @target with @options ("size=50%", "" for none) and @flags, any of
 * MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC. 0, -EINVAL for other flags, or -errno. */
int work_tmpfs(const char *target, unsigned long flags, const char *options,
	       struct err *err);
