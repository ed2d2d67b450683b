/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What an application may change: the upper and the volumes, in memory or in the store.
 */
#include "format/set.h"
#include "init/stage.h"

/* The store's mount, or where the policy has images keep something instead, takes writes from here on; back to read-only. Volumes and uppers
 * mounted from it in between stay writable. 0 or -errno. */
int upper_open_store(struct stage *stage, struct err *err);
int upper_close_store(const struct stage *stage, struct err *err);

/* Shows the persistent volume of @from to @to as well, by the set's share @index, and releases
 * it there. One whose place is taken is passed over. 0 or -errno. */
int upper_share(const struct part *from, struct part *to, size_t index,
		const struct set_share *share, struct err *err);
int upper_release_share(const struct part *from, const struct part *to, size_t index,
			const struct set_share *share, struct err *err);

/* All is in its place: from here on links in a persistent volume lead anywhere. 0 or
 * -errno. */
int upper_release_volumes(const struct part *part, struct err *err);

/* Where the stack's changes go. */
struct upper_place {
	char upper[192], work[192]; /* absolute */
};

/* Makes them, as `upper` of the manifest says, with mode and owner of the image's own
 * root directory, which they hide. 0 or -errno. */
int upper_make(const struct part *part, struct err *err);

/* The same place again. 0 or -ENAMETOOLONG. */
int upper_place(const struct part *part, struct upper_place *ret_place);

/* Mounts volume @index over the stack. It takes over mode and owner of the directory in
 * the image when it is new. One whose place another volume has taken is passed over. 0 or
 * -errno. */
int upper_mount_volume(struct part *part, size_t index, struct err *err);
