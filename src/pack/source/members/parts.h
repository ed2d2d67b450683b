/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the files of this folder share; members.h is for everybody else. */
#include <stddef.h>
#include <stdint.h>

#include "pack/source/members.h"

enum member_kind {
	MEMBER_FILE,
	MEMBER_LINK,
	MEMBER_OTHER
};

struct member {
	char *name; /* normalised */
	char *link; /* where it points to, normalised; NULL for a file */
	enum member_kind kind;
	uint64_t offset, size_bytes;
};

struct members {
	int dir; /* -EBADF for an archive */
	int fd;	 /* of the archive */
	struct member *list;
	size_t count;
};

/* Opens the archive and reads its list into @members, which is the caller's also on failure. 0;
 * -EBADMSG; -E2BIG; -errno. */
int members_archive_open(struct members *members, const char *path, uint64_t limit_bytes,
			 struct err *err);

/* What stands in the archive under the plain name, or NULL. */
struct member *members_archive_find(const struct members *members, const char *name);
