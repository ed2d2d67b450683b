/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/cmd/disk-boot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/str.h"
#include "cli/cmd.h"
#include "store/store.h"

/* Nobody's is there: 1 GiB. */
#define FIRMWARE_FARTHEST ((uint64_t)1 << 30)

int disk_boot_loader(const char *text, enum disk_loader *ret_loader, struct err *err)
{
	if (strcmp(text, "sector") == 0)
		*ret_loader = DISK_LOADER_SECTOR;
	else if (strcmp(text, "grubenv") == 0)
		*ret_loader = DISK_LOADER_GRUBENV;
	else if (strcmp(text, "efi") == 0)
		*ret_loader = DISK_LOADER_EFI;
	else
		return cmd_usage(
			err, "disk: --boot-loader: '%s' is not sector, grubenv or efi",
			text);
	return 0;
}

/* A file with something in it. An fd, or -errno. */
static int open_file(const char *path, uint64_t *ret_bytes, struct err *err)
{
	__fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_errno(err, -errno, "%s", path);
	if (!S_ISREG(st.st_mode) || st.st_size == 0)
		return err_set(err, -EINVAL, "%s: not a file with something in it", path);
	*ret_bytes = (uint64_t)st.st_size;
	return TAKE_FD(fd);
}

int disk_boot_open(const char *path, int store, const struct disk_image *image,
		   uint64_t *ret_bytes, struct err *err)
{
	int fd;

	if (path)
		return open_file(path, ret_bytes, err);
	if (!image || !image->boot.id[0])
		return err_set(err, -ENOENT,
			       "the image that starts has no boot blob: say --boot FILE");
	fd = store_open_blob(store, &image->boot.blob, image->boot.size, err);
	if (fd >= 0)
		*ret_bytes = image->boot.size;
	return fd;
}

int disk_boot_firmware(const char *text, struct disk_boot *boot, struct err *err)
{
	struct disk_firmware one = { .fd = -EBADF };
	size_t size = strcspn(text, ":");

	if (!text[size] || str_size_parse(text, size, "KM", &one.at_bytes) < 0 ||
	    one.at_bytes > FIRMWARE_FARTHEST)
		return cmd_usage(err, "disk: --firmware: '%s' is not AT:FILE", text);
	if (boot->firmware_count == DISK_MAX_FIRMWARE)
		return cmd_usage(err, "disk: more than %zu times --firmware",
				 DISK_MAX_FIRMWARE);
	one.fd = open_file(text + size + 1, &one.size_bytes, err);
	if (one.fd < 0)
		return one.fd;
	boot->firmware[boot->firmware_count++] = one;
	return 0;
}

int disk_boot_files(const char *path, struct disk_boot *boot, struct err *err)
{
	int fd = open_file(path, &boot->files_bytes, err);

	if (fd < 0)
		return fd;
	fd_close(boot->files);
	boot->files = fd;
	return 0;
}

void disk_boot_close(struct disk_boot *boot)
{
	for (size_t i = 0; i < boot->firmware_count; i++)
		fd_close(boot->firmware[i].fd);
	fd_close(boot->files);
}
