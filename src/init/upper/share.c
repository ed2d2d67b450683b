/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "init/place.h"
#include "init/upper/parts.h"

/* The volume that is shared, as the other member has it. NULL: it is passed over. */
static const struct manifest_volume *shared(const struct part *from,
					    const struct set_share *share)
{
	const struct manifest *manifest = from->manifest;
	size_t i = 0;

	while (i < manifest->volume_count &&
	       strcmp(manifest->volumes[i].path, share->from_path) != 0)
		i++;
	return i == manifest->volume_count || from->without & UINT32_C(1) << i
		       ? NULL
		       : &manifest->volumes[i];
}

/* As of a volume, what an application did to its own root that stays keeps no set from its
 * boot. */
int upper_share(const struct part *from, struct part *to, size_t index,
		const struct set_share *share, struct err *err)
{
	const struct manifest_volume *volume = shared(from, share);
	struct manifest_volume there;
	struct stat like;
	__fd int source = -EBADF;
	__fd int target = -EBADF;
	int r;

	if (!volume)
		return 0;
	source = place_open_dir(from, share->from_path, err);
	if (source < 0)
		return source;
	target = upper_open_place(to, share->to_path, &like, err);
	if (target < 0) {
		(void)err_wrap(err, target, "share");
		if (!place_pass_over(to, share->to_path, err))
			return target;
		to->unshared |= UINT32_C(1) << index;
		return 0;
	}
	r = upper_bind(source, target);
	if (r < 0)
		return err_errno(err, r, "bind");
	there = *volume;
	there.path = share->to_path;
	return upper_guard_volume(to, &there, err);
}

int upper_release_share(const struct part *from, const struct part *to, size_t index,
			const struct set_share *share, struct err *err)
{
	const struct manifest_volume *volume = shared(from, share);
	struct manifest_volume there;

	if (!volume || to->unshared & UINT32_C(1) << index)
		return 0;
	there = *volume;
	there.path = share->to_path;
	return upper_release_volume(to, &there,
				    share->ro || manifest_volume_has(volume, "ro"), err);
}
