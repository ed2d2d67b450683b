/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Who the application runs as: `user` of the manifest against the container's own
 * /etc/passwd and /etc/group, read below the new root. No libc name service. */
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

#define IDENTITY_MAX_GROUPS 64

struct identity {
	uid_t uid;
	gid_t gid;
	gid_t groups[IDENTITY_MAX_GROUPS + 1]; /* supplementary, gid the last of them */
	size_t group_count;
	char home[256]; /* of the passwd entry, or "/" */
};

/* "name|id[:group|id]"; with a group given there are no other supplementary groups, as
 * container engines do it. -ENOENT names the user or group that isn't there. @root is a
 * directory fd. */
int identity_resolve(int root, const char *user, struct identity *ret_identity,
		     struct err *err);

/* Becomes it for the program that is executed next: groups, gid, uid in that order. The
 * saved user id stays root's until then. 0 or -errno. */
int identity_apply(const struct identity *identity, struct err *err);

/* Root again, where nothing was executed: only root may reboot. 0 or -errno. */
int identity_revert(void);
