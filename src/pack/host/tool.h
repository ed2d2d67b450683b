/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* squashfs-tools and squashfs-tools-ng at the other end of a pipe. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct tool {
	const char *name;
	pid_t pid;
	int pipe;   /* our end: to its stdin, or from its stdout; owned */
	int errors; /* what it says on stderr, a file in memory; owned */
};

enum tool_flow {
	TOOL_FEED,    /* we write its stdin */
	TOOL_COLLECT, /* we read its stdout */
};

struct tool_options {
	const char *const *argv;       /* NULL-ended, found in PATH */
	const char *source_date_epoch; /* for its environment; NULL: unset */
	int keep_fd; /* stays open in it at this number (above 2); or -1 */
	/* Be this user and group in a user namespace of its own, where that is possible.
	 */
	bool as_owner;
	uint32_t uid, gid;
};

/* Starts it. 0; -ENOENT when it isn't installed; -errno. Needs tool_wait() or
 * tool_stop(). */
int tool_start(struct tool *tool, enum tool_flow flow, const struct tool_options *options,
	       struct err *err);

/* Closes the pipe and waits. 0, or -EIO with what it said last. */
int tool_wait(struct tool *tool, struct err *err);

/* Kills it, if it runs. For failures elsewhere. */
void tool_stop(struct tool *tool);

/* Is as_owner possible for this owner here? 0, or -EPERM with how to make it so. */
int tool_check_owner(uint32_t uid, uint32_t gid, struct err *err);
