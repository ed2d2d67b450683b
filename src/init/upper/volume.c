/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "init/bound.h"
#include "init/place.h"
#include "init/sized.h"
#include "init/upper/parts.h"
#include "store/volume.h"

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256 /* Linux 5.10 */
#endif

static int remount(const char *path, unsigned long flags)
{
	return sys_mount(NULL, path, NULL, MS_REMOUNT | MS_NOSUID | MS_NODEV | flags,
			 NULL);
}

static unsigned long volume_flags(const struct manifest_volume *volume)
{
	return manifest_volume_has(volume, "noexec") ? MS_NOEXEC : 0;
}

/* From here on links in a volume are the application's affair. */
int upper_release_volume(const struct part *part, const struct manifest_volume *volume,
			 bool ro, struct err *err)
{
	unsigned long flags = MS_BIND | volume_flags(volume);
	char target[PATH_FD_SIZE];
	__fd int dir = place_open_dir(part, volume->path, err);
	int r;

	if (dir < 0)
		return err_wrap(err, dir, "volume");
	if (ro)
		flags |= MS_RDONLY;
	r = remount(path_of_fd(target, dir), flags);
	return r < 0 ? err_errno(err, r, "volume %s: its flags", volume->path) : 0;
}

int upper_release_volumes(const struct part *part, struct err *err)
{
	const struct manifest *manifest = part->manifest;
	int r = 0;

	for (size_t i = 0; r == 0 && i < manifest->volume_count; i++) {
		if (manifest->volumes[i].persist && !(part->without & UINT32_C(1) << i))
			r = upper_release_volume(
				part, &manifest->volumes[i],
				manifest_volume_has(&manifest->volumes[i], "ro"), err);
	}
	return r;
}

int upper_bind(int from, int to)
{
	char source[PATH_FD_SIZE], target[PATH_FD_SIZE];

	return sys_mount(path_of_fd(source, from), path_of_fd(target, to), NULL, MS_BIND,
			 NULL);
}

/* Until all is in its place no link in it is followed: one that a stranger put there
 * would lead the volumes and injected files below it to anywhere in the image. */
int upper_guard_volume(const struct part *part, const struct manifest_volume *volume,
		       struct err *err)
{
	char target[PATH_FD_SIZE];
	__fd int dir = place_open_dir(part, volume->path, err);
	int r;

	if (dir < 0)
		return dir;
	r = remount(path_of_fd(target, dir),
		    MS_BIND | MS_NOSYMFOLLOW | volume_flags(volume));
	return r < 0 ? err_errno(err, r, "nosymfollow") : 0;
}

/* A directory that is there stays one, whatever size the image now says. */
static int mount_dir(const struct part *part, const struct manifest_volume *volume,
		     int dir, int target, struct err *err)
{
	int r = upper_bind(dir, target);
	struct err told;

	if (r < 0)
		return err_errno(err, r, "bind");
	if (manifest_volume_size(volume)) {
		(void)err_set(&told, 0, "volume %s: it was made without a size",
			      volume->path);
		place_note(part, "not limited", told.text);
	}
	return 0;
}

/* Returns 1 for one that is passed over. */
static int mount_persistent(const struct part *part, const struct manifest_volume *volume,
			    int target, const struct stat *st, struct err *err)
{
	bool fresh = manifest_volume_has(volume, "fresh");
	const struct copyup_like like = { st, fresh ? -EBADF : target };
	__fd int top = upper_own_dirs(part, "volumes");
	char name[VOLUME_NAME_SIZE];
	int r = volume_name(volume->path, name);

	if (top < 0)
		return err_errno(err, top, "volumes/%s of the store", part->owner);
	if (r < 0)
		return err_errno(err, r, "its name in the store");
	__fd int dir = path_open_own(top, name, O_RDONLY | O_DIRECTORY, 0);
	const struct sized sized = { part,   volume, top, name, dir == -ENOTDIR,
				     target, &like };

	if (dir == -ENOTDIR || (dir == -ENOENT && manifest_volume_size(volume))) {
		r = sized_mount(&sized, err);
		return r ? r : upper_guard_volume(part, volume, err);
	}
	if (dir == -ENOENT)
		dir = upper_own_dir(top, name, &like);
	if (dir < 0)
		return err_errno(err, dir, "volumes/%s/%s of the store", part->owner,
				 name);
	r = mount_dir(part, volume, dir, target, err);
	return r < 0 ? r : upper_guard_volume(part, volume, err);
}

/* The manifest's own options come last, and the last of a kind counts. */
static int mount_tmpfs(const char *options, int target, const struct stat *like,
		       struct err *err)
{
	char text[320];
	struct str s;

	str_init(&s, text, sizeof(text));
	str_addf(&s, "mode=%04o,uid=%u,gid=%u,%s", (unsigned int)like->st_mode & 07777,
		 (unsigned int)like->st_uid, (unsigned int)like->st_gid, options);
	if (str_done(&s) < 0)
		return err_set(err, -ENAMETOOLONG, "options too long");
	return place_mount(target, "tmpfs", NULL, text, err);
}

/* Where a volume or a share is mounted, which is not the root itself. */
int upper_open_place(const struct part *part, const char *path, struct stat *ret_like,
		     struct err *err)
{
	__fd int dir = place_open_dir(part, path, err);
	struct stat root;
	int r = dir < 0 ? dir : sys_fstat(dir, ret_like);

	if (dir < 0)
		return dir;
	if (r == 0)
		r = sys_fstat(part->root, &root);
	if (r < 0)
		return err_errno(err, r, "%s", path);
	if (path_is_same(ret_like, &root))
		return err_set(err, -EINVAL, "%s: a link leads it to /", path);
	return TAKE_FD(dir);
}

int upper_mount_volume(struct part *part, size_t index, struct err *err)
{
	const struct manifest_volume *volume = &part->manifest->volumes[index];
	struct stat like;
	__fd int target = upper_open_place(part, volume->path, &like, err);
	int r;

	if (target < 0) {
		(void)err_wrap(err, target, "volume");
		if (!place_pass_over(part, volume->path, err))
			return target;
		part->without |= UINT32_C(1) << index;
		return 0;
	}
	if (volume->persist)
		r = mount_persistent(part, volume, target, &like, err);
	else
		r = mount_tmpfs(volume->options, target, &like, err);
	if (r > 0) {
		part->without |= UINT32_C(1) << index;
		return 0;
	}
	if (r == 0 && !volume->persist)
		r = bound_volume(part, volume, err);
	return r < 0 ? err_wrap(err, r, "volume %s", volume->path) : 0;
}
