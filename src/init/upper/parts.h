/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the files of this folder share; upper.h is for everybody else. Each returns 0, a
 * descriptor that the caller owns, or -errno. */
#include <sys/stat.h>

#include "init/copyup.h"
#include "init/upper.h"

/* --- upper.c: directories of ours in the store ------------------------------------------- */

/* Directory @name of the untrusted @parent, made like @like if missing. */
int upper_own_dir(int parent, const char *name, const struct copyup_like *like);
/* TOP/NAME of the store, TOP being uppers or volumes. */
int upper_own_dirs(const struct part *part, const char *top);

/* --- volume.c ---------------------------------------------------------------------------- */

int upper_bind(int from, int to);

/* Where a volume or a share is mounted, which is not the root itself. */
int upper_open_place(const struct part *part, const char *path, struct stat *ret_like,
		     struct err *err);

/* Until all is in its place no link in it is followed, and from here on any is. */
int upper_guard_volume(const struct part *part, const struct manifest_volume *volume,
		       struct err *err);
int upper_release_volume(const struct part *part, const struct manifest_volume *volume,
			 bool ro, struct err *err);
