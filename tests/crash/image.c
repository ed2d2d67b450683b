/* SPDX-License-Identifier: Apache-2.0 */
#include "crash/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crash/flash.h"
#include "crash/judge.h"
#include "crash/log.h"
#include "crash/nand.h"

#define IMAGE "/tmp/image" /* on a tmpfs */
#define LOOP "/dev/loop0"
#define PAGE 4096

/* The C library's is byte by byte. */
static bool same_page(const uint8_t *a, const uint8_t *b)
{
	uint64_t left, right;

	for (size_t i = 0; i < PAGE; i += sizeof(left)) {
		memcpy(&left, a + i, sizeof(left));
		memcpy(&right, b + i, sizeof(right));
		if (left != right)
			return false;
	}
	return true;
}

/* Pages that some state has something in: those of the disk as it was, and those of the
 * log. The rest are zeros. */
static int find_pages(struct image *image, const struct disk *disk, const struct log *log,
		      struct err *err)
{
	static const uint8_t zeros[PAGE];
	size_t count = disk->size / PAGE;

	image->pages = calloc(count, sizeof(*image->pages));
	if (!image->pages)
		return err_set(err, -ENOMEM, "no memory");
	for (size_t page = 0; page < count; page++)
		image->pages[page] = !same_page(disk->bytes + page * PAGE, zeros);
	for (size_t i = 0; i < log->count; i++) {
		const struct log_entry *entry = &log->entries[i];
		uint64_t to = (entry->sector + entry->count) * LOG_SECTOR;

		if (to > disk->size || !entry->data)
			continue;
		for (uint64_t at = entry->sector * LOG_SECTOR; at < to; at += LOG_SECTOR)
			image->pages[at / PAGE] = true;
	}
	return 0;
}

static bool is_flash(const struct image *image)
{
	return strcmp(image->type, "ubifs") == 0;
}

/* What is changed while flash is there has to get into the cache of its block device. */
static int open_bytes(struct image *image, struct err *err)
{
	if (is_flash(image)) {
		close(image->fd);
		image->fd = open(LOOP, O_RDWR | O_CLOEXEC);
	}
	image->bytes =
		mmap(NULL, image->size, PROT_READ | PROT_WRITE, MAP_SHARED, image->fd, 0);
	return image->bytes == MAP_FAILED ? err_errno(err, -errno, "mmap") : 0;
}

int image_open(struct image *ret_image, const char *type, const struct layout *layout,
	       const struct disk *disk, const struct log *log, struct err *err)
{
	struct image image = { .type = type, .size = disk->size };
	int r;

	*ret_image = image;
	if (is_flash(&image) && nand_is_there())
		return 0;
	image.fd = open(IMAGE, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (image.fd < 0 || ftruncate(image.fd, (off_t)disk->size) < 0)
		return err_errno(err, -errno, "%s", IMAGE);
	r = layout_loop(layout, image.fd, err);
	if (r == 0)
		r = open_bytes(&image, err);
	if (r == 0)
		r = find_pages(&image, disk, log, err);
	if (r == 0 && is_flash(&image))
		r = flash_make(LOOP, err);
	*ret_image = image;
	return r;
}

static void sync_page(struct image *image, const struct disk *disk, size_t page)
{
	uint8_t *at = image->bytes + page * PAGE;
	const uint8_t *wanted = disk->bytes + page * PAGE;

	if (!same_page(at, wanted))
		memcpy(at, wanted, PAGE);
}

/* The mount before may have written where nothing was, and made holes (a discard) where something
 * was; flash has no pages of zeros, nor holes. */
int image_sync(struct image *image, const struct disk *disk, struct err *err)
{
	size_t count = image->size / PAGE;
	off_t from = 0, to;

	if (!image->bytes)
		return nand_put(disk->bytes, disk->size, err);
	for (size_t page = 0; page < count; page++)
		if (image->pages[page])
			sync_page(image, disk, page);
	while (!is_flash(image) && (from = lseek(image->fd, from, SEEK_DATA)) >= 0) {
		to = lseek(image->fd, from, SEEK_HOLE);
		for (; from < to; from += PAGE)
			if (!image->pages[from / PAGE])
				sync_page(image, disk, (size_t)from / PAGE);
	}
	return 0;
}

int image_mount(const struct image *image, bool writable, struct err *err)
{
	unsigned long flags = writable ? 0 : MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
	int r = is_flash(image) ? flash_attach(err) : 0;

	if (r < 0)
		return err_wrap(err, r, "attach");
	if (mount(is_flash(image) ? FLASH_STORE : LOOP, JUDGE_STORE, image->type, flags,
		  NULL) == 0)
		return 0;
	r = err_errno(err, -errno, "mount");
	if (is_flash(image))
		(void)flash_detach(NULL);
	return r;
}

int image_unmount(const struct image *image, struct err *err)
{
	if (umount2(JUDGE_STORE, 0) < 0)
		return err_errno(err, -errno, "umount");
	return is_flash(image) ? flash_detach(err) : 0;
}
