/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What of init's own a container gets to see, under the same name and read-only. Where its
 * root can't be written, nothing. */
#include "container/start.h"

/* What @from leads to, read-only over @path, absolute below the directory @root, where @at is
 * open. @flags: more of mount(2)'s. 0 or -errno. */
int show_over(int root, const char *from, int at, const char *path, unsigned long flags,
	      struct err *err);

/* The directory @path, whose files are replaced by renaming: seen at once. @flags: MS_NOEXEC
 * or 0. 0 or -errno. */
int show_directory(int root, const char *path, unsigned long flags, struct err *err);

/* The file @from in the place of the regular file @path, if there is one: also where the
 * root can't be written. 0 or -errno. */
int show_file(int root, const char *from, const char *path, struct err *err);

/* The socket of @container's control, laminactl and the logs. 0 or -errno. */
int show_control(int root, const struct container *container, struct err *err);
