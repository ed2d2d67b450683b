/* SPDX-License-Identifier: Apache-2.0 */
#include "init/upper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "init/bound.h"
#include "init/copyup.h"
#include "init/place.h"
#include "init/sized.h"
#include "init/vault/vault.h"
#include "stack/work.h"
#include "store/store.h"
#include "store/volume.h"
#include "store/writable.h"

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256 /* Linux 5.10 */
#endif

/* It needs no store that is writable, unless it is a file there. */
static int open_vault(struct stage *stage, struct err *err)
{
	const struct policy *policy = &stage->settings->policy;
	int r = policy->encrypted[0] ? 0 : writable_remount(STAGE_STORE, 0);

	if (r < 0)
		return err_errno(err, r, "store: making it writable");
	r = stage->vault = vault_mount(policy, STAGE_STORE, STAGE_VAULT, err);
	stage->shut = r < 0;
	return r < 0 ? r : 0;
}

int upper_open_store(struct stage *stage, struct err *err)
{
	int r;

	if (stage->settings->policy.secret[0] && stage->vault < 0)
		return open_vault(stage, err);
	r = writable_remount(stage_kept_path(stage), 0);
	return r < 0 ? err_errno(err, r, "store: making it writable") : 0;
}

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
static int release_volume(const struct part *part, const struct manifest_volume *volume,
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

int upper_close_store(const struct stage *stage, struct err *err)
{
	int r = writable_remount(STAGE_STORE, MS_BIND | MS_RDONLY);

	if (r == 0 && stage->vault >= 0)
		r = writable_remount(STAGE_VAULT, MS_BIND | MS_RDONLY);
	return r < 0 ? err_errno(err, r, "store: making it read-only") : 0;
}

int upper_release_volumes(const struct part *part, struct err *err)
{
	const struct manifest *manifest = part->manifest;
	int r = 0;

	for (size_t i = 0; r == 0 && i < manifest->volume_count; i++) {
		if (manifest->volumes[i].persist && !(part->without & UINT32_C(1) << i))
			r = release_volume(
				part, &manifest->volumes[i],
				manifest_volume_has(&manifest->volumes[i], "ro"), err);
	}
	return r;
}

static const struct copyup_like like_root = { NULL, -EBADF };

/* Makes directory @name. A power cut leaves all of it or something that the next boot takes
 * away. */
static int make_own_dir(int parent, const char *name, const struct copyup_like *like)
{
	int r = sys_mkdirat(parent, VOLUME_UNFINISHED, 0700);
	__fd int dir = -EBADF;

	if (r == -EEXIST) {
		r = copyup_remove(parent, VOLUME_UNFINISHED);
		if (r == 0)
			r = sys_mkdirat(parent, VOLUME_UNFINISHED, 0700);
	}
	if (r < 0)
		return r;
	dir = path_open_own(parent, VOLUME_UNFINISHED, O_RDONLY | O_DIRECTORY, 0);
	if (dir < 0)
		return dir;
	r = copyup_fill(dir, like);
	if (r == 0)
		r = path_move(parent, VOLUME_UNFINISHED, parent, name);
	/* the image before would find a store that is full of it */
	if (r < 0)
		(void)copyup_remove(parent, VOLUME_UNFINISHED);
	return r;
}

/* Opens directory @name of the untrusted @parent, made if missing. */
static int open_own_dir(int parent, const char *name, const struct copyup_like *like)
{
	int dir = path_open_own(parent, name, O_RDONLY | O_DIRECTORY, 0);
	int r;

	if (dir != -ENOENT)
		return dir;
	r = make_own_dir(parent, name, like);
	return r < 0 ? r : path_open_own(parent, name, O_RDONLY | O_DIRECTORY, 0);
}

/* TOP/NAME of the store, TOP being uppers or volumes. */
static int open_own_dirs(const struct part *part, const char *top)
{
	__fd int dir = open_own_dir(stage_kept(part->stage), top, &like_root);
	__fd int own = dir < 0 ? dir : open_own_dir(dir, part->owner, &like_root);
	int r = own < 0 ? own : store_check_dirs(own, ".", NULL);

	return r < 0 ? r : TAKE_FD(own);
}

static int root_attributes(const struct part *part, struct stat *ret_st)
{
	char path[sizeof(STAGE_LAYERS) + 16];
	struct str s;

	str_init(&s, path, sizeof(path));
	str_addf(&s, STAGE_LAYERS "/%zu",
		 stage_layer(part, part->manifest->layer_count - 1));
	return sys_fstatat(AT_FDCWD, path, ret_st, 0);
}

static int make_pair(int dir, const struct part *part, struct err *err)
{
	struct stat root;
	const struct copyup_like like = { &root, -EBADF };
	int r = root_attributes(part, &root);

	if (r < 0)
		return err_errno(err, r, "the uppermost layer");
	__fd int upper = open_own_dir(dir, "upper", &like);

	if (upper < 0)
		return err_errno(err, upper, "upper");
	__fd int work = open_own_dir(dir, "work", &like_root);

	return work < 0 ? err_errno(err, work, "work") : 0;
}

int upper_make(const struct part *part, struct err *err)
{
	const struct manifest *manifest = part->manifest;
	char options[BOUND_OPTIONS_SIZE];
	__fd int dir = -EBADF;
	int r;

	if (manifest->upper == MANIFEST_UPPER_PERSIST) {
		dir = open_own_dirs(part, "upper");
		if (dir < 0)
			return err_errno(err, dir, "upper/%s of the store", part->owner);
		return make_pair(dir, part, err);
	}
	r = work_tmpfs(part->rw, MS_NOSUID | MS_NODEV, bound_upper(part, options), err);
	if (r < 0)
		return r;
	dir = sys_openat(AT_FDCWD, part->rw, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (dir < 0)
		return err_errno(err, dir, "%s", part->rw);
	r = bound_tmpfs(part, dir, manifest->upper_options, err);
	return r < 0 ? r : make_pair(dir, part, err);
}

int upper_place(const struct part *part, struct upper_place *ret_place)
{
	bool persist = part->manifest->upper == MANIFEST_UPPER_PERSIST;
	const char *top = persist ? stage_kept_path(part->stage) : part->rw;
	const char *owner = persist ? part->owner : "", *of = persist ? "/upper/" : "";
	struct str upper, work;
	int r;

	str_init(&upper, ret_place->upper, sizeof(ret_place->upper));
	str_init(&work, ret_place->work, sizeof(ret_place->work));
	str_addf(&upper, "%s%s%s/upper", top, of, owner);
	str_addf(&work, "%s%s%s/work", top, of, owner);
	r = str_done(&upper);
	return r < 0 ? r : str_done(&work);
}

static int bind(int from, int to)
{
	char source[PATH_FD_SIZE], target[PATH_FD_SIZE];

	return sys_mount(path_of_fd(source, from), path_of_fd(target, to), NULL, MS_BIND,
			 NULL);
}

/* Until all is in its place no link in it is followed: one that a stranger put there
 * would lead the volumes and injected files below it to anywhere in the image. */
static int guard_volume(const struct part *part, const struct manifest_volume *volume,
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
	int r = bind(dir, target);
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
	__fd int top = open_own_dirs(part, "volumes");
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
		return r ? r : guard_volume(part, volume, err);
	}
	if (dir == -ENOENT)
		dir = open_own_dir(top, name, &like);
	if (dir < 0)
		return err_errno(err, dir, "volumes/%s/%s of the store", part->owner,
				 name);
	r = mount_dir(part, volume, dir, target, err);
	return r < 0 ? r : guard_volume(part, volume, err);
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
static int open_place(const struct part *part, const char *path, struct stat *ret_like,
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
	__fd int target = open_place(part, volume->path, &like, err);
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
	target = open_place(to, share->to_path, &like, err);
	if (target < 0) {
		(void)err_wrap(err, target, "share");
		if (!place_pass_over(to, share->to_path, err))
			return target;
		to->unshared |= UINT32_C(1) << index;
		return 0;
	}
	r = bind(source, target);
	if (r < 0)
		return err_errno(err, r, "bind");
	there = *volume;
	there.path = share->to_path;
	return guard_volume(to, &there, err);
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
	return release_volume(to, &there, share->ro || manifest_volume_has(volume, "ro"),
			      err);
}
