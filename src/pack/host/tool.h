/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Other programs, run to their end: those of squashfs-tools-ng, e2fsprogs, u-boot-tools and
 * sbsigntool, and what a user names. One of them writes to a pipe of ours, or has files in
 * memory at both ends, so that neither side can block the other.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* Descriptors from here on may be handed to a program as they are. */
#define TOOL_FIRST_FD 10

struct tool {
	const char *name;
	pid_t pid;
	int pipe;   /* our end, from its stdout; owned */
	int errors; /* what it says on stderr, a file in memory; owned */
};

enum tool_flow {
	TOOL_COLLECT, /* we read its stdout */
	TOOL_FILES,   /* neither: its files are in the options */
};

/* Descriptors are 3 or more and stay the caller's; 0: none. */
struct tool_options {
	const char *const *argv; /* NULL-ended; found in PATH, /usr/sbin and /sbin */
	const char *const *env;	 /* NAME=value put over ours, NULL-ended; or NULL */
	int in_fd, out_fd;	 /* where no pipe is; none: nothing to read, nowhere */
	int err_fd; /* where it says what is wrong; none: the error's text takes its end */
	int keep_fd; /* stays open in it at this number */
	/* A program of the user's: its environment and its stderr are ours, untouched. Of
	 * the others' results nothing must depend on who runs them where. */
	bool own;
};

#define TOOL_INIT                                           \
	{                                                   \
		.pid = -1, .pipe = -EBADF, .errors = -EBADF \
	}

/* Starts it. 0; -ENOENT when it isn't installed, with the package that has it; -errno.
 * Needs tool_wait(). */
int tool_start(struct tool *tool, enum tool_flow flow, const struct tool_options *options,
	       struct err *err);

/* Closes the pipe and waits. 0 when it exited with 0; -EIO with its exit status or signal
 * and what it said last. A text begins with the program's name. */
int tool_wait(struct tool *tool, struct err *err);

/* Starts it with files and waits. */
int tool_run(const struct tool_options *options, struct err *err);

/* A file in memory, at TOOL_FIRST_FD or above, that holds @bytes and stands at its start.
 * An fd the caller owns, or -errno. */
int tool_file(const void *bytes, size_t size);
