/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Another program in a container that runs: with its user, environment, working directory
 * and namespaces, and gone when it goes. */
#include "container/start.h"

/* Starts @args, the program searched by the container's PATH, beside process @pid, which
 * container_start() made. Both its output and its errors go to @output. Returns the
 * process, whose parent the caller is, or -errno; one that can't be executed ends with
 * status 127 and says why to @output. */
pid_t container_join(const struct container *container, pid_t pid,
		     const char *const *args, int output, struct err *err);
