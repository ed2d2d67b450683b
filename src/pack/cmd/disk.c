/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "cli/cmd.h"
#include "format/record.h"
#include "pack/device/disk.h"
#include "pack/host/output.h"
#include "pack/image/image.h"
#include "store/images.h"
#include "store/store.h"

enum {
	OPT_OUTPUT,
	OPT_SIZE,
	OPT_SECTOR_SIZE,
	OPT_LABEL,
	OPT_FS_ONLY,
	OPT_IMAGE,
	OPT_CURRENT,
	OPT_CANDIDATE,
	OPT_TRIES,
	OPT_AS_IS,
	OPT_UUID_SEED,
	OPT_FORCE
};

static const struct cmd_option options[] = {
	{ "output", 'o', "FILE", "the disk image to write" },
	{ "size", 's', "N[K|M|G]", "its size (default: twice what the image takes)" },
	{ "sector-size", 0, "N", "of the device it is for: 512 or 4096 (default: 512)" },
	{ "label", 0, "NAME", "of partition and file system (default: lamina-data)" },
	{ "fs-only", 0, NULL, "just the file system, without a partition table" },
	{ "image", 0, "ID", "put this image only; may be shortened" },
	{ "current", 0, "ID", "the image to start (default: the highest serial)" },
	{ "candidate", 0, "ID", "an image that it tries first" },
	{ "tries", 0, "N", "how often, until it is confirmed (default: 3)" },
	{ "as-is", 0, NULL, "put every file of STORE, without looking at it" },
	{ "uuid-seed", 0, "TEXT",
	  "make the UUIDs from this text, such as a serial number" },
	{ "force", 'f', NULL, "also over an older FILE, and with images nobody signed" },
	{ 0 },
};

struct request {
	const char *store, *output, *prefix, *seed;
	struct disk disk;
	struct disk_wish wish;
	struct disk_images images;
	bool as_is, force;
};

/* --- what goes onto the disk
 * ----------------------------------------------------------------- */

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
static int add_layer(struct disk_tree *tree, int store,
		     const struct manifest_layer *layer, struct err *err)
{
	char path[STORE_BLOB_PATH_SIZE];
	struct digest hash;
	__fd int fd = -EBADF;
	int r;

	if (has(tree, store_blob_path(&layer->blob, path)))
		return 0;
	fd = store_open_blob(store, &layer->blob, layer->size_bytes, err);
	if (fd < 0)
		return fd;
	r = sha256_of_fd(fd, layer->size_bytes, &hash);
	if (r < 0)
		return err_errno(err, r, "%s", path);
	if (!digest_equal(&hash, &layer->blob))
		return err_set(err, -EBADMSG, "%s: its sha256 is not what its name says",
			       path);
	return disk_tree_add(tree, path, S_IFREG | 0644, layer->size_bytes, err);
}

static int add_image(struct request *q, struct disk_tree *tree, int store,
		     const struct digest *id, struct image *image, struct err *err)
{
	struct disk_images *images = &q->images;
	struct disk_image *entry = &images->images[images->count];
	char hex[DIGEST_HEX_SIZE], path[STORE_IMAGE_PATH_SIZE + 16];
	int r = image_load(store, id, image, err);

	if (r < 0)
		return r;
	digest_hex(id, hex);
	if (image->signature_size == 0 && !q->force)
		return err_set(err, -EPERM,
			       "image %.12s is not signed: no device will start it "
			       "(--force)",
			       hex);
	for (size_t i = 0; r == 0 && i < image->manifest.layer_count; i++) {
		r = add_layer(tree, store, &image->manifest.layers[i], err);
		if (r < 0)
			return err_wrap(err, r, "image %.12s: layer %zu", hex, i);
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
	entry->id = *id;
	entry->serial = image->manifest.serial;
	entry->is_signed = image->signature_size > 0;
	images->count++;
	return r;
}

static int add_images(struct request *q, struct disk_tree *tree, int store,
		      struct err *err)
{
	__image struct image *image = image_new();
	struct images images;
	struct digest id;
	int r = image ? 0 : -ENOMEM;

	if (r == 0 && q->prefix)
		r = image_pick(store, q->prefix, &id, err);
	if (r < 0 || q->prefix)
		return r < 0 ? r : add_image(q, tree, store, &id, image, err);
	images_init(&images, store);
	while ((r = images_next(&images, &id, err)) > 0) {
		if (q->images.count == DISK_MAX_IMAGES)
			return err_set(err, -E2BIG,
				       "more than %zu images: say which one with --image",
				       DISK_MAX_IMAGES);
		r = add_image(q, tree, store, &id, image, err);
		if (r < 0)
			return r;
	}
	if (r == 0 && q->images.count == 0)
		r = err_set(err, -ENOENT, "holds no image");
	return r;
}

/* The images asked for, and what else a store may hold for the device. */
static int collect(struct request *q, int store, struct disk_tree *tree, struct err *err)
{
	/* incoming: without it a full store would have no room for what gc moves there */
	static const char *const dirs[] = { "blobs", "blobs/sha256", "images",
					    "incoming" };
	static const char *const others[] = { "inject", "upper", "volumes" };
	struct stat st;
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(dirs) / sizeof(dirs[0]); i++)
		r = disk_tree_add(tree, dirs[i], S_IFDIR | 0755, 0, err);
	if (r == 0)
		r = add_images(q, tree, store, err);
	for (size_t i = 0; r == 0 && i < sizeof(others) / sizeof(others[0]); i++) {
		if (fstatat(store, others[i], &st, AT_SYMLINK_NOFOLLOW) < 0)
			r = disk_tree_add(tree, others[i], S_IFDIR | 0755, 0, err);
		else
			r = add_path(tree, store, others[i], KEEP_FILES, err);
	}
	return r;
}

/* --- the command
 * ----------------------------------------------------------------------------- */

/* The same files, the same UUIDs. */
static int make_seed(const struct request *q, const struct disk_tree *tree,
		     struct digest *ret_seed)
{
	struct sha256 digest;
	int r;

	if (q->seed)
		return sha256_of(q->seed, strlen(q->seed), ret_seed);
	r = sha256_start(&digest);
	for (size_t i = 0; r == 0 && i < tree->count; i++)
		r = sha256_add(&digest, tree->files[i].name,
			       strlen(tree->files[i].name) + 1);
	return r < 0 ? r : sha256_finish(&digest, ret_seed);
}

/* SOURCE_DATE_EPOCH, or the first second of all: 0 means "now" to e2fsprogs. */
static uint32_t disk_time(void)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	uint64_t value;

	if (!epoch || str_number(epoch, strlen(epoch), &value) < 0 || value == 0 ||
	    value > UINT32_MAX)
		return 1;
	return (uint32_t)value;
}

static int write_disk(struct request *q, int store, const struct disk_tree *tree,
		      struct err *err)
{
	__output struct output output = OUTPUT_INIT;
	int r = make_seed(q, tree, &q->disk.seed);

	if (r < 0)
		return r;
	q->disk.time = disk_time();
	r = output_open(&output, AT_FDCWD, q->output, 0666, err);
	if (r < 0)
		return r;
	r = disk_write(&q->disk, output.fd, store, tree, err);
	return r < 0 ? err_wrap(err, r, "%s", q->output)
		     : output_commit(&output, !q->force, err);
}

/* A disk may hold a device's data: years of it, or a day's work. */
static int check_output(const struct request *q, struct err *err)
{
	struct stat st;

	if (!q->force && lstat(q->output, &st) == 0 && S_ISREG(st.st_mode))
		return err_set(err, -EEXIST,
			       "%s: is there already (--force overwrites it)", q->output);
	return 0;
}

static int make_disk(struct request *q, struct err *err)
{
	struct disk_tree tree = { .count = 0 };
	__fd int store = store_open(q->store, err);
	__fd int state = -EBADF; /* open until debugfs has read it */
	int r;

	if (store < 0)
		return store;
	r = check_output(q, err);
	if (r < 0)
		return r;
	r = q->as_is ? add_children(&tree, store, ".", KEEP_ALL, err)
		     : collect(q, store, &tree, err);
	if (r == 0 && !q->as_is)
		r = state = disk_record(store, &q->images, &q->wish, err);
	if (state >= 0)
		r = disk_tree_add_fd(&tree, "state", state, RECORD_ROOM, err);
	if (r < 0)
		r = err_wrap(err, r, "%s", q->store);
	disk_tree_sort(&tree);
	if (r == 0)
		r = write_disk(q, store, &tree, err);
	disk_tree_done(&tree);
	return r;
}

static int read_size(const char *text, uint64_t *ret_bytes, struct err *err)
{
	if (str_size_parse(text, strlen(text), "KMGT", ret_bytes) < 0 || *ret_bytes == 0)
		return cmd_usage(err, "disk: --size: '%s' is not a size", text);
	return 0;
}

static int read_sector_size(const struct cmd_line *line, struct request *q,
			    struct err *err)
{
	unsigned long long bytes;
	int r = cmd_number(line, OPT_SECTOR_SIZE, 512, 4096, &bytes, err);

	if (r == 0 && bytes != 512 && bytes != 4096)
		return cmd_usage(err, "disk: --sector-size: disks have 512 or 4096");
	if (r == 0)
		q->disk.sector_bytes = (uint32_t)bytes;
	return r;
}

static int read_label(const char *text, const char **ret_label, struct err *err)
{
	size_t size = strlen(text);

	if (size == 0 || size >= DISK_LABEL_SIZE ||
	    strspn(text,
		   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") !=
		    size)
		return cmd_usage(
			err, "disk: --label: '%s' is not 1 to %d of A-Z a-z 0-9 . _ -",
			text, DISK_LABEL_SIZE - 1);
	*ret_label = text;
	return 0;
}

static int read_tries(const struct cmd_line *line, struct request *q, struct err *err)
{
	unsigned long long tries;
	int r = cmd_number(line, OPT_TRIES, 1, UINT8_MAX, &tries, err);

	if (r == 0)
		q->wish.tries = (unsigned int)tries;
	return r;
}

static int request_option(const struct cmd_line *line, struct request *q, int option,
			  struct err *err)
{
	const char *value = line->value;

	switch (option) {
	case OPT_OUTPUT:
		q->output = value;
		return 0;
	case OPT_SIZE:
		return read_size(value, &q->disk.size_bytes, err);
	case OPT_SECTOR_SIZE:
		return read_sector_size(line, q, err);
	case OPT_FORCE:
		q->force = true;
		return 0;
	case OPT_LABEL:
		return read_label(value, &q->disk.label, err);
	case OPT_FS_ONLY:
		q->disk.fs_only = true;
		return 0;
	case OPT_IMAGE:
		q->prefix = value;
		return 0;
	case OPT_CURRENT:
		q->wish.current = value;
		return 0;
	case OPT_CANDIDATE:
		q->wish.candidate = value;
		return 0;
	case OPT_TRIES:
		return read_tries(line, q, err);
	case OPT_AS_IS:
		q->as_is = true;
		return 0;
	default:
		q->seed = value;
		return 0;
	}
}

static int disk_run(struct cmd_line *line, struct err *err)
{
	struct request q = {
		.disk = { .label = "lamina-data", .sector_bytes = 512 },
		.wish = { .tries = 3 },
	};
	int option, r;

	while ((r = cmd_next(line, &option, err)) > 0) {
		r = request_option(line, &q, option, err);
		if (r < 0)
			return r;
	}
	if (r == 0)
		r = cmd_operands(line, 1, 1, err);
	if (r < 0)
		return r;
	q.store = line->argv[line->at];
	if (!q.output)
		return cmd_usage(err, "disk: --output is missing");
	if (q.as_is && (q.prefix || q.wish.current || q.wish.candidate))
		return cmd_usage(
			err, "disk: --as-is puts everything as it is; it takes no --%s",
			q.prefix ? "image" : "current, --candidate");
	return make_disk(&q, err);
}

const struct cmd cmd_disk = {
	.name = "disk",
	.args = "STORE -o FILE",
	.help = "Make a disk image with a store on it, without root",
	.options = options,
	.run = disk_run,
};
