/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Volumes of a limited size: a file of the store whose blocks are reserved, with an ext4 in it,
 * where others have a directory. Whoever fills one takes no room from the rest, and the rest none
 * from it. A quota of projects would need options of kernel and file system that boards lack, and
 * root inside may change the project of its files.
 */
#include <stdbool.h>

#include "init/copyup.h"
#include "init/stage.h"

struct sized {
	const struct part *part;
	const struct manifest_volume *volume;
	int top;	  /* the store's directory that it is in, */
	const char *name; /* and its name there */
	bool made;	  /* it is there already */
	int target;	  /* directory */
	const struct copyup_like *like;
};

#ifdef CONFIG_LAMINA_VOLUME_SIZE
/* Mounts it at the target, made if missing. 0; 1: what is there can't be mounted, and is passed
 * over; or -errno. */
int sized_mount(const struct sized *sized, struct err *err);

/* Is the directory of such a volume, by its file system? */
bool sized_is(int dir);
#else
static inline bool sized_is(int dir)
{
	(void)dir;
	return false;
}

static inline int sized_mount(const struct sized *sized, struct err *err)
{
	(void)sized;
	return err_set(err, -ENOTSUP, "size=: this build can't");
}
#endif
