/* SPDX-License-Identifier: Apache-2.0 */
#include "install/gc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/dir.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "install/remove.h"
#include "store/store.h"
#include "store/volume.h"

/* current, previous, candidate, running, and the caller's one */
#define MAX_IMAGES 5

static struct kept {
	struct digest ids[MAX_IMAGES];
	size_t id_count;
	struct digest blobs[MAX_IMAGES * MANIFEST_MAX_BLOBS];
	size_t blob_count;
	bool all_blobs;
	char names[MAX_IMAGES][MANIFEST_NAME_SIZE];
	size_t name_count;
	bool all_logs;
} kept;

static void keep_id(const struct digest *id)
{
	if (digest_is_set(id))
		kept.ids[kept.id_count++] = *id;
}

static void keep_parts(const struct manifest *manifest)
{
	struct manifest_blob blob;

	for (size_t i = 0; manifest_blob(manifest, i, &blob); i++)
		kept.blobs[kept.blob_count++] = *blob.digest;
	(void)strcpy(kept.names[kept.name_count++], manifest->name);
}

static bool is_there(int store, const struct digest *id)
{
	char path[STORE_IMAGE_PATH_SIZE];
	struct stat st;

	return sys_fstatat(store, store_image_path(id, path), &st, AT_SYMLINK_NOFOLLOW) !=
	       -ENOENT;
}

static void keep_parts_of(const struct gc *gc, const struct digest *id)
{
	static struct manifest manifest;
	static struct key_signers signers;
	const struct settings *settings = gc->settings;

	if (store_load_image(gc->store, id, &settings->keyring,
			     settings->policy.threshold, &manifest, &signers,
			     NULL) == 0) {
		keep_parts(&manifest);
		return;
	}
	/* the factory's may have one */
	kept.all_logs = true;
	if (is_there(gc->store, id)) /* not the factory's, not gone */
		kept.all_blobs = true;
}

static void find_kept(const struct gc *gc)
{
	const struct record *record = gc->record;

	kept.id_count = kept.blob_count = kept.name_count = 0;
	kept.all_blobs = kept.all_logs = !record;
	if (!record)
		return;
	keep_id(&record->current);
	keep_id(&record->previous);
	keep_id(&record->candidate);
	keep_id(&gc->running);
	for (size_t i = 0; i < kept.id_count; i++)
		keep_parts_of(gc, &kept.ids[i]);
	if (gc->also)
		keep_parts(gc->also);
}

static bool keeps_image(const struct gc *gc, const struct digest *digest)
{
	for (size_t i = 0; i < kept.id_count; i++) {
		if (digest_equal(&kept.ids[i], digest))
			return true;
	}
	return !gc->record;
}

static bool keeps_blob(const struct gc *gc, const struct digest *digest)
{
	(void)gc;
	for (size_t i = 0; i < kept.blob_count; i++) {
		if (digest_equal(&kept.blobs[i], digest))
			return true;
	}
	return kept.all_blobs;
}

typedef bool keeps_fn(const struct gc *gc, const struct digest *digest);

static int drop(struct gc *gc, int dir, const char *name, int trash, struct err *err)
{
	struct stat st;
	int r = sys_fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW);

	if (r == -ENOENT && gc->dry_run) /* somebody else is at work */
		return 0;
	if (r < 0)
		return err_errno(err, r, "%.12s", name);
	gc->freed_bytes += (uint64_t)st.st_blocks * 512;
	return gc->dry_run ? 0 : remove_entry(dir, name, trash, err);
}

/* Drops what has a hash for its name and isn't kept. Returns how many, or -errno. */
static int sweep(struct gc *gc, const char *path, keeps_fn *keeps, int trash,
		 struct err *err)
{
	__fd int dir = path_open_own(gc->store, path, O_RDONLY | O_DIRECTORY, 0);
	struct digest digest;
	const struct dirent *entry;
	struct dir list;
	int r, count = 0;

	if (dir < 0)
		return dir == -ENOENT ? 0 : err_errno(err, dir, "%s", path);
	dir_init(&list, dir);
	while ((r = dir_next(&list, &entry)) > 0) {
		const char *name = entry->d_name;

		if (digest_parse(name, strlen(name), &digest) < 0 || keeps(gc, &digest))
			continue;
		r = drop(gc, dir, name, trash, err);
		if (r < 0)
			return err_wrap(err, r, "%s", path);
		count++;
	}
	/* on the medium before what comes next: no image is to outlive its blobs */
	if (r == 0 && count && !gc->dry_run)
		r = sys_fsync(dir);
	return r < 0 ? err_errno(err, r, "%s", path) : count;
}

static int open_trash(const struct gc *gc, struct err *err)
{
	int fd = path_open_own(gc->store, "incoming", O_RDONLY | O_DIRECTORY, 0);
	int r;

	if (fd == -ENOENT && gc->dry_run)
		return fd;
	if (fd == -ENOENT) {
		r = sys_mkdirat(gc->store, "incoming", 0755);
		if (r < 0)
			return err_errno(err, r, "making incoming");
		fd = path_open_own(gc->store, "incoming", O_RDONLY | O_DIRECTORY, 0);
	}
	return fd < 0 ? err_errno(err, fd, "incoming") : fd;
}

/* Nothing of ours has that name. */
static bool is_none(int r)
{
	return r == -ENOENT || r == -ENOTDIR || r == -ELOOP;
}

static bool keeps_log(const char *name)
{
	for (size_t i = 0; i < kept.name_count; i++) {
		if (strcmp(kept.names[i], name) == 0)
			return true;
	}
	return kept.all_logs;
}

/* The directory @name goes, with the files in it, and is counted; what was never finished whatever
 * it is. 0, also where there is none; or -errno. */
static int drop_dir(struct gc *gc, int parent, const char *name, int trash,
		    unsigned int *count, struct err *err)
{
	__fd int dir = path_open_own(parent, name, O_RDONLY | O_DIRECTORY, 0);
	struct removed removed = { 0 };
	int r;

	if (dir == -ENOTDIR && strcmp(name, VOLUME_UNFINISHED) == 0)
		r = 0; /* of a limited size */
	else if (dir < 0)
		return is_none(dir) ? 0 : err_errno(err, dir, "%s", name);
	else
		r = remove_count(dir, &removed, err);
	if (r == 0)
		r = drop(gc, parent, name, trash, err);
	gc->freed_bytes += removed.bytes;
	*count += r == 0;
	return is_none(r) ? 0 : r;
}

static int sweep_name(struct gc *gc, int dir, const char *name, bool logs, int trash,
		      struct err *err)
{
	char image[MANIFEST_NAME_SIZE];
	__fd int below = -EBADF;

	if (strcmp(name, VOLUME_UNFINISHED) == 0)
		return drop_dir(gc, dir, name, trash, &gc->others, err);
	if (!volume_owner(name, image))
		return 0;
	if (logs)
		return keeps_log(image) ? 0
					: drop_dir(gc, dir, name, trash, &gc->logs, err);
	below = path_open_own(dir, name, O_RDONLY | O_DIRECTORY, 0);
	if (below < 0)
		return is_none(below) ? 0 : err_errno(err, below, "%s", name);
	return drop_dir(gc, below, VOLUME_UNFINISHED, trash, &gc->others, err);
}

/* Of directory @top, what belongs to images' names: all of a log that nobody has any more, and
 * of others what was never finished, there and below. 0 or -errno. */
static int sweep_names(struct gc *gc, const char *top, bool logs, int trash,
		       struct err *err)
{
	__fd int dir = path_open_own(gc->store, top, O_RDONLY | O_DIRECTORY, 0);
	const struct dirent *entry;
	struct dir list;
	int r = 0;

	if (dir < 0)
		return is_none(dir) ? 0 : err_errno(err, dir, "%s", top);
	dir_init(&list, dir);
	while (r == 0 && (r = dir_next(&list, &entry)) > 0)
		r = sweep_name(gc, dir, entry->d_name, logs, trash, err);
	return r < 0 ? err_wrap(err, r, "%s", top) : 0;
}

static int collect(struct gc *gc, int trash, struct err *err)
{
	struct removed removed = { 0 };
	int images, blobs, r = 0;

	/* what lies there already; the images come on top of it */
	if (trash >= 0)
		r = remove_count(trash, &removed, err);
	if (r == 0 && !gc->dry_run)
		r = remove_all(trash, err);
	if (r < 0)
		return err_wrap(err, r, "incoming");
	gc->others = removed.entries;
	gc->freed_bytes = removed.bytes;
	images = sweep(gc, "images", keeps_image, trash, err);
	if (images < 0)
		return images;
	gc->images = (unsigned int)images;
	blobs = sweep(gc, "blobs/sha256", keeps_blob, trash, err);
	if (blobs < 0)
		return blobs;
	gc->blobs = (unsigned int)blobs;
	r = sweep_names(gc, "log", true, trash, err);
	if (r == 0)
		r = sweep_names(gc, "volumes", false, trash, err);
	if (r == 0)
		r = sweep_names(gc, "upper", false, trash, err);
	if (r < 0)
		return r;
	if (!gc->dry_run)
		r = remove_all(trash, err);
	return r < 0 ? err_wrap(err, r, "incoming") : 0;
}

int gc_run(struct gc *gc, struct err *err)
{
	__fd int trash = open_trash(gc, err);

	if (trash < 0 && !(trash == -ENOENT && gc->dry_run))
		return trash;
	gc->freed_bytes = gc->images = gc->blobs = gc->others = gc->logs = 0;
	find_kept(gc);
	return collect(gc, trash, err);
}
