/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/cmd/disk-store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/cmd.h"
#include "pack/image/image.h"
#include "store/images.h"
#include "store/judge.h"
#include "store/store.h"

/* What of a store somebody else than pack has put there. */
enum keep {
	KEEP_FILES, /* what is neither file nor directory is refused; modes and owners stay */
	KEEP_ALL, /* everything; modes and owners are ours */
};

/* Where modes are ours, the builder's umask is nobody's business. */
static uint32_t disk_mode(const struct stat *st, enum keep keep)
{
	if (keep == KEEP_FILES)
		return st->st_mode;
	return (st->st_mode & S_IFMT) | (S_ISDIR(st->st_mode) ? 0755 : 0644);
}

/* Whoever builds the disk is root to the device. */
static void keep_owner(struct disk_tree *tree, const struct stat *st)
{
	disk_tree_own(tree, st->st_uid == geteuid() ? 0 : st->st_uid,
		      st->st_gid == getegid() ? 0 : st->st_gid);
}

static int add_path(struct disk_tree *tree, int store, const char *path, enum keep keep,
		    struct err *err);

static int add_children(struct disk_tree *tree, int store, const char *path,
			enum keep keep, struct err *err)
{
	int fd = openat(store, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (!dir) {
		fd_close(fd);
		return err_errno(err, -errno, "%s", path);
	}
	while (r == 0 && (entry = readdir(dir))) {
		char child[DISK_NAME_SIZE];

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if ((size_t)snprintf(
			    child, sizeof(child), "%s%s%s", path[0] == '.' ? "" : path,
			    path[0] == '.' ? "" : "/", entry->d_name) >= sizeof(child))
			r = err_errno(err, -ENAMETOOLONG, "%s", path);
		else
			r = add_path(tree, store, child, keep, err);
	}
	(void)closedir(dir);
	return r;
}

/* Adds a file, or a directory and all that is in it. */
static int add_path(struct disk_tree *tree, int store, const char *path, enum keep keep,
		    struct err *err)
{
	struct stat st;
	int r;

	if (fstatat(store, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_errno(err, -errno, "%s", path);
	if (keep == KEEP_FILES && !S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return err_set(err, -EINVAL, "%s: neither a file nor a directory", path);
	r = disk_tree_add(tree, path, disk_mode(&st, keep), (uint64_t)st.st_size, err);
	if (r == 0 && keep == KEEP_FILES)
		keep_owner(tree, &st);
	return r == 0 && S_ISDIR(st.st_mode) ? add_children(tree, store, path, keep, err)
					     : r;
}

static bool has(const struct disk_tree *tree, const char *name)
{
	for (size_t i = 0; i < tree->count; i++)
		if (strcmp(tree->files[i].name, name) == 0)
			return true;
	return false;
}

/* One layer, after a look at every byte: a disk with a bad layer would only be found out
 * on the device. */
static int add_blob(struct disk_tree *tree, int store, const struct manifest_blob *blob,
		    struct err *err)
{
	char path[STORE_BLOB_PATH_SIZE];
	struct digest hash;
	__fd int fd = -EBADF;
	int r;

	if (has(tree, store_blob_path(blob->digest, path)))
		return 0;
	fd = store_open_blob(store, blob->digest, blob->size_bytes, err);
	if (fd < 0)
		return fd;
	r = sha256_of_fd(fd, blob->size_bytes, &hash);
	if (r < 0)
		return err_errno(err, r, "%s", path);
	if (!digest_equal(&hash, blob->digest))
		return err_set(err, -EBADMSG, "%s: its sha256 is not what its name says",
			       path);
	return disk_tree_add(tree, path, S_IFREG | 0644, blob->size_bytes, err);
}

/* Where it goes, and what of it. */
struct disk_store {
	int store;
	bool force; /* also what nobody signed */
	struct disk_tree *tree;
	struct disk_images *images;
};

/* Of a set, its members'. */
static int add_volumes(const struct disk_store *to, const struct manifest *manifest,
		       struct err *err)
{
	static struct manifest member;
	uint64_t bytes = manifest_volume_sizes(manifest);

	for (size_t i = 0; i < manifest->member_count; i++) {
		int r = store_load_member(to->store, manifest, i, &member, err);

		if (r < 0)
			return r;
		bytes += manifest_volume_sizes(&member);
	}
	if (to->images->volume_bytes < bytes)
		to->images->volume_bytes = bytes;
	return 0;
}

static int add_image(const struct disk_store *to, const struct digest *id,
		     struct image *image, struct err *err)
{
	struct disk_image *entry = &to->images->images[to->images->count];
	struct disk_tree *tree = to->tree;
	char hex[DIGEST_HEX_SIZE], path[STORE_IMAGE_PATH_SIZE + 16];
	struct manifest_blob blob;
	int r = image_load(to->store, id, image, err);

	if (r < 0)
		return r;
	digest_hex(id, hex);
	if (image->signature_size == 0 && !to->force)
		return err_set(err, -EPERM,
			       "image %.12s is not signed: no device will start it "
			       "(--force)",
			       hex);
	for (size_t i = 0; r == 0 && manifest_blob(&image->manifest, i, &blob); i++) {
		r = add_blob(tree, to->store, &blob, err);
		if (r < 0) {
			r = judge_wrap_blob(err, r, &image->manifest, i);
			return err_wrap(err, r, "image %.12s", hex);
		}
	}
	(void)snprintf(path, sizeof(path), "images/%s", hex);
	r = disk_tree_add(tree, path, S_IFDIR | 0755, 0, err);
	(void)snprintf(path, sizeof(path), "images/%s/manifest", hex);
	if (r == 0)
		r = disk_tree_add(tree, path, S_IFREG | 0644, image->size, err);
	(void)snprintf(path, sizeof(path), "images/%s/manifest.sig", hex);
	if (r == 0 && image->signature_size > 0)
		r = disk_tree_add(tree, path, S_IFREG | 0644, image->signature_size, err);
	else if (r == 0)
		cmd_note("image %.12s is not signed: no device will start it", hex);
	if (r == 0)
		r = add_volumes(to, &image->manifest, err);
	entry->id = *id;
	entry->serial = image->manifest.serial;
	entry->boot = image->manifest.boot;
	entry->is_signed = image->signature_size > 0;
	to->images->count++;
	return r;
}

static int add_images(const struct disk_store *to, const char *prefix, struct err *err)
{
	__image struct image *image = image_new();
	struct images images;
	struct digest id;
	int r = image ? 0 : -ENOMEM;

	if (r == 0 && prefix)
		r = image_pick(to->store, prefix, &id, err);
	if (r < 0 || prefix)
		return r < 0 ? r : add_image(to, &id, image, err);
	images_init(&images, to->store);
	while ((r = images_next(&images, &id, err)) > 0) {
		if (to->images->count == DISK_MAX_IMAGES)
			return err_set(err, -E2BIG,
				       "more than %zu images: say which one with --image",
				       DISK_MAX_IMAGES);
		r = add_image(to, &id, image, err);
		if (r < 0)
			return r;
	}
	if (r == 0 && to->images->count == 0)
		r = err_set(err, -ENOENT, "holds no image");
	return r;
}

int disk_store_all(int store, struct disk_tree *tree, struct err *err)
{
	return add_children(tree, store, ".", KEEP_ALL, err);
}

int disk_store_images(int store, const char *prefix, bool force, struct disk_tree *tree,
		      struct disk_images *ret_images, struct err *err)
{
	const struct disk_store to = { store, force, tree, ret_images };
	/* incoming: without it a full store would have no room for what gc moves there */
	static const char *const dirs[] = { "blobs", "blobs/sha256", "images",
					    "incoming" };
	static const char *const others[] = { "inject", "upper", "volumes" };
	struct stat st;
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(dirs) / sizeof(dirs[0]); i++)
		r = disk_tree_add(tree, dirs[i], S_IFDIR | 0755, 0, err);
	if (r == 0)
		r = add_images(&to, prefix, err);
	for (size_t i = 0; r == 0 && i < sizeof(others) / sizeof(others[0]); i++) {
		if (fstatat(store, others[i], &st, AT_SYMLINK_NOFOLLOW) < 0)
			r = disk_tree_add(tree, others[i], S_IFDIR | 0755, 0, err);
		else
			r = add_path(tree, store, others[i], KEEP_FILES, err);
	}
	return r;
}
