/* SPDX-License-Identifier: Apache-2.0 */
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
#include "pack/cmd/disk-boot.h"
#include "pack/cmd/disk-store.h"
#include "pack/cmd/sector-size.h"
#include "pack/device/disk.h"
#include "pack/host/epoch.h"
#include "pack/host/output.h"
#include "pack/image/place.h"

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
	OPT_BOOT_LOADER,
	OPT_BOOT,
	OPT_BOOT_SIZE,
	OPT_BOOT_FILES,
	OPT_FIRMWARE,
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
	{ "uuid-seed", 0, "TEXT", "make the UUIDs from this text, such as a serial" },
	{ "boot-loader", 0, "KIND",
	  "boot slots before the store: sector, grubenv or efi" },
	{ "boot", 0, "FILE", "in the first slot (default: the image's boot blob)" },
	{ "boot-size", 0, "N[K|M|G]", "of a slot (default: twice that, 16M at least)" },
	{ "boot-files", 0, "FILE", "the bytes of a partition that the loader reads" },
	{ "firmware", 0, "AT:FILE", "a boot loader, there, before the partitions" },
	{ "force", 'f', NULL, "over an older FILE, and with images nobody signed" },
	{ 0 },
};

struct request {
	const char *store, *output, *prefix, *seed, *boot;
	struct disk disk;
	struct disk_wish wish;
	struct disk_images images;
	bool as_is, force;
};

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

static int write_disk(struct request *q, int store, const struct disk_tree *tree,
		      struct err *err)
{
	__output struct output output = OUTPUT_INIT;
	int r = make_seed(q, tree, &q->disk.seed);

	if (r < 0)
		return r;
	q->disk.time = epoch_time();
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
	__fd int store = place_open_store(q->store, err);
	__fd int state = -EBADF; /* open until debugfs has read it */
	__fd int boot = -EBADF;
	int r;

	if (store < 0)
		return store;
	r = check_output(q, err);
	if (r < 0)
		return r;
	r = q->as_is ? disk_store_all(store, &tree, err)
		     : disk_store_images(store, q->prefix, q->force, &tree, &q->images,
					 err);
	q->disk.volume_bytes = q->images.volume_bytes;
	if (r == 0 && !q->as_is)
		r = state = disk_record(store, &q->images, &q->wish, err);
	if (r >= 0 && q->disk.boot.loader != DISK_LOADER_NONE)
		r = q->disk.boot.fd = boot = disk_boot_open(
			q->boot, store,
			state < 0 ? NULL : disk_record_current(state, &q->images),
			&q->disk.boot.blob_bytes, err);
	if (r >= 0 && state >= 0)
		r = disk_tree_add_fd(&tree, "state", state, RECORD_ROOM, err);
	if (r < 0)
		r = err_wrap(err, r, "%s", q->store);
	disk_tree_sort(&tree);
	if (r >= 0)
		r = write_disk(q, store, &tree, err);
	disk_tree_done(&tree);
	return r;
}

static int read_size(const char *option, const char *text, uint64_t *ret_bytes,
		     struct err *err)
{
	if (str_size_parse(text, strlen(text), "KMGT", ret_bytes) < 0 || *ret_bytes == 0)
		return cmd_usage(err, "disk: --%s: '%s' is not a size", option, text);
	return 0;
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
		return read_size("size", value, &q->disk.size_bytes, err);
	case OPT_SECTOR_SIZE:
		return sector_size_read(line, option, &q->disk.sector_bytes, err);
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
	case OPT_BOOT_LOADER:
		return disk_boot_loader(value, &q->disk.boot.loader, err);
	case OPT_BOOT:
		q->boot = value;
		return 0;
	case OPT_BOOT_SIZE:
		return read_size("boot-size", value, &q->disk.boot.slot_bytes, err);
	case OPT_BOOT_FILES:
		return disk_boot_files(value, &q->disk.boot, err);
	case OPT_FIRMWARE:
		return disk_boot_firmware(value, &q->disk.boot, err);
	default:
		q->seed = value;
		return 0;
	}
}

static int check_request(const struct request *q, struct err *err)
{
	const struct disk_boot *boot = &q->disk.boot;

	if (!q->output)
		return cmd_usage(err, "disk: --output is missing");
	if (q->as_is && (q->prefix || q->wish.current || q->wish.candidate))
		return cmd_usage(
			err, "disk: --as-is puts everything as it is; it takes no --%s",
			q->prefix ? "image" : "current, --candidate");
	if (boot->loader == DISK_LOADER_NONE && (q->boot || boot->slot_bytes))
		return cmd_usage(err, "disk: --%s goes with --boot-loader",
				 q->boot ? "boot" : "boot-size");
	if (boot->loader != DISK_LOADER_NONE && q->disk.fs_only)
		return cmd_usage(err, "disk: --fs-only has no place for a boot slot");
	if ((boot->firmware_count || boot->files_bytes) && q->disk.fs_only)
		return cmd_usage(err, "disk: --fs-only has no place for --%s",
				 boot->files_bytes ? "boot-files" : "firmware");
	return 0;
}

static int run_request(struct cmd_line *line, struct request *q, struct err *err)
{
	int option, r;

	while ((r = cmd_next(line, &option, err)) > 0) {
		r = request_option(line, q, option, err);
		if (r < 0)
			return r;
	}
	if (r == 0)
		r = cmd_operands(line, 1, 1, err);
	if (r < 0)
		return r;
	q->store = line->argv[line->at];
	r = check_request(q, err);
	if (r < 0)
		return r;
	q->wish.slot_a = q->disk.boot.loader != DISK_LOADER_NONE && !q->boot;
	return make_disk(q, err);
}

static int disk_run(struct cmd_line *line, struct err *err)
{
	struct request q = {
		.disk = { .label = "lamina-data",
			  .sector_bytes = 512,
			  .boot = { .files = -EBADF } },
		.wish = { .tries = 3 },
	};
	int r = run_request(line, &q, err);

	disk_boot_close(&q.disk.boot);
	return r;
}

const struct cmd cmd_disk = {
	.name = "disk",
	.args = "STORE -o FILE",
	.help = "Make a disk image with a store on it, without root",
	.options = options,
	.run = disk_run,
};
