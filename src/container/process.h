/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What a process is set to before it becomes a program of a container, in the container's
 * root. Each is for a new process: one that fails has to end. */
#include <stdbool.h>

#include "base/err.h"
#include "container/identity.h"
#include "format/manifest.h"

/* Open files, no core, the kernel's usual chance when memory is short. 0 or -errno. */
int process_limit(const struct manifest *manifest, struct err *err);

/* The null device of a container's @dev, the caller's; -ENXIO: it is another one. Its root may
 * have put anything there since init made it, and a link would lead into /proc/self/fd, where
 * a process that is still init's has all that init has open. */
int process_null(int dev, int flags, struct err *err);

/* @input, @output and @errors as 0 to 2. With @input -EBADF it is /dev/null, and the others
 * are pipes, which become @identity's. 0 or -errno. */
int process_stream(const struct identity *identity, int input, int output, int errors,
		   struct err *err);

/* Makes @cwd, with missing parents, and enters it. 0 or -errno. */
int process_enter(const char *cwd, struct err *err);

struct process {
	const struct manifest *manifest; /* how it is confined */
	const struct identity *identity;
	const char *program;		      /* absolute */
	const char *const *args, *const *env; /* NULL-ended */
	bool terminal; /* its 0 is one: its session's own from then on */
};

/* What shells and engines say of a program that isn't there, or can't be executed. */
#define PROCESS_STATUS(r) ((r) == -ENOENT ? 127 : 126)

/* Becomes it, with a session of its own and no other descriptor. Returns only -errno. */
int process_become(const struct process *process, struct err *err);
