/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Starting the application as process 1 of namespaces of its own. All of it happens in the
 * new process: one that fails takes its mounts along, and nothing is left of it.
 */
#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "container/environment.h"
#include "container/identity.h"
#include "format/manifest.h"

#define FILES_HOSTS_SIZE (MANIFEST_MAX_MEMBERS * (MANIFEST_NAME_SIZE + 11))

struct container {
	const struct manifest *manifest;
	const struct identity *identity;
	const struct environment *environment;
	const char *program; /* absolute, within the root */
	const char *hostname;
	const char *root;  /* absolute: a mount, the stack with its volumes */
	const char *hosts; /* more lines for /etc/hosts; NULL: none */
	const char *net;   /* a directory shown read-only under the same name; NULL; with
			* `upper none` only its resolv.conf */
	const char *control; /* the socket that it may use; NULL: none */
	const char *shm;     /* mount options of /dev/shm; NULL: 64 MiB */
	int cgroup;	     /* its directory in the cgroup2 tree, -EBADF: none */
	int output, errors;  /* what becomes its 1 and 2: the ends of pipes to write to */
	bool again;	     /* it was executed in this boot: its files are there */
};

/* What a start came to, as its process says. */
struct container_report {
	int result; /* -errno */
	struct err err;
};

/* Starts it. Returns the process, whose parent the caller is, and in @ret_report a
 * descriptor to wait for and read with container_report(); the caller's. -errno when there
 * is no process. */
pid_t container_start(const struct container *container, int *ret_report,
		      struct err *err);

/* The start that @report is of: 0, the program was executed; or its -errno with the
 * reason, and the process ends. Waits until one of them is so. */
int container_report(int report, struct err *err);
