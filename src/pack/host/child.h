/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Running another program to its end. What it reads and writes are files in memory, never pipes,
 * so that neither side can block the other.
 */
#include <stddef.h>

#include "base/err.h"

/* Descriptors from here on may be handed to a child as they are. */
#define CHILD_FIRST_FD 10

struct child {
	const char *const *argv; /* NULL-ended; found in PATH, /usr/sbin and /sbin */
	const char *const *env;	 /* NAME=value added to ours, NULL-ended; or NULL */
	int in_fd;		 /* its standard input; -1: nothing to read */
	int out_fd;		 /* its standard output; -1: nowhere */
	int err_fd;		 /* its standard error; -1: ours */
	int keep_fd; /* stays open at its number, CHILD_FIRST_FD or more; or -1 */
};

/* Runs it and waits. 0 when it exited with 0; -ENOENT when it isn't installed; -ECHILD with its
 * exit status or signal. A text begins with the program's name. */
int child_run(const struct child *child, struct err *err);

/* A file in memory, at CHILD_FIRST_FD or above, that holds @bytes and stands at its start.
 * An fd the caller owns, or -errno. */
int child_file(const void *bytes, size_t size);
