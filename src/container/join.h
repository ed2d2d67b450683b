/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Another program in a container that runs: with its user, environment, working directory
 * and namespaces, and gone when it goes. */
#include "container/start.h"

struct container_joiner {
	const char *const *args; /* NULL-ended; the program is searched by its PATH */
	int input;		 /* -EBADF: /dev/null, and the others are pipes */
	int output, errors;
	const char
		*terminal; /* "TERM=...": all three are that one; NULL: they are none */
};

/* Starts @joiner beside process @pid, which container_start() made. Returns the process,
 * whose parent the caller is, or -errno; one that can't be executed ends with status 127
 * and says why to its errors. */
pid_t container_join(const struct container *container, pid_t pid,
		     const struct container_joiner *joiner, struct err *err);
