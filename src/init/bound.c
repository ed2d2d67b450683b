/* SPDX-License-Identifier: Apache-2.0 */
#include "init/bound.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statfs.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "container/limits.h"
#include "init/place.h"

/* As many inodes as the kernel itself gives a tmpfs by its size, and some for a small one. */
#define INODE_BYTES 4096
#define INODES_LEAST 64

static bool says(const char *options, const char *name)
{
	size_t size = strlen(name);

	for (; *options; options += *options == ',') {
		if (strncmp(options, name, size) == 0 && options[size] == '=')
			return true;
		options += strcspn(options, ",");
	}
	return false;
}

/* All uppers of a set together get no more memory than one image's. */
const char *bound_upper(const struct part *part, char ret_text[BOUND_OPTIONS_SIZE])
{
	const char *options = part->manifest->upper_options;
	struct str s;

	if (!stage_is_set(part->stage) || part->stage->part_count <= 1 ||
	    says(options, "size"))
		return options;
	str_init(&s, ret_text, BOUND_OPTIONS_SIZE);
	str_addf(&s, "size=%u%%%s%s", 50 / (unsigned int)part->stage->part_count,
		 *options ? "," : "", options);
	return ret_text;
}

/* How many there are without a size of their own. */
static unsigned int count(const struct manifest *manifest)
{
	unsigned int n = manifest->upper == MANIFEST_UPPER_TMPFS &&
			 !says(manifest->upper_options, "size");

	for (size_t i = 0; i < manifest->volume_count; i++)
		n += !manifest->volumes[i].persist &&
		     !says(manifest->volumes[i].options, "size");
	return n;
}

int bound_tmpfs(const struct part *part, int dir, const char *options, struct err *err)
{
	uint64_t most = limits_memory(part->manifest) / 2;
	char target[PATH_FD_SIZE], text[80];
	struct statfs there;
	struct str s;
	int r;

	if (most == 0 || says(options, "size"))
		return 0;
	most /= count(part->manifest);
	r = sys_fstatfs(dir, &there);
	if (r == 0 && (uint64_t)there.f_blocks * (uint64_t)there.f_bsize <= most)
		return 0;
	str_init(&s, text, sizeof(text));
	str_addf(&s, "size=%" PRIu64, most);
	if (!says(options, "nr_inodes"))
		str_addf(&s, ",nr_inodes=%" PRIu64, most / INODE_BYTES + INODES_LEAST);
	if (r == 0)
		r = sys_mount(NULL, path_of_fd(target, dir), NULL,
			      MS_REMOUNT | MS_NOSUID | MS_NODEV, text);
	return r < 0 ? err_errno(err, r, "size of a tmpfs") : 0;
}

/* By name once more: what was opened before it was mounted is of what lies below it. */
int bound_volume(const struct part *part, const struct manifest_volume *volume,
		 struct err *err)
{
	__fd int dir = place_open_dir(part, volume->path, err);

	return dir < 0 ? dir : bound_tmpfs(part, dir, volume->options, err);
}
