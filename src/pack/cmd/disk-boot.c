/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/cmd/disk-boot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "cli/cmd.h"
#include "store/store.h"

int disk_boot_loader(const char *text, enum disk_loader *ret_loader, struct err *err)
{
	if (strcmp(text, "sector") == 0)
		*ret_loader = DISK_LOADER_SECTOR;
	else if (strcmp(text, "efi") == 0)
		*ret_loader = DISK_LOADER_EFI;
	else
		return cmd_usage(err, "disk: --boot-loader: '%s' is not sector or efi",
				 text);
	return 0;
}

int disk_boot_open(const char *path, int store, const struct disk_image *image,
		   uint64_t *ret_bytes, struct err *err)
{
	__fd int fd = -EBADF;
	struct stat st;

	if (!path && (!image || !image->boot.id[0]))
		return err_set(err, -ENOENT,
			       "the image that starts has no boot blob: say --boot FILE");
	fd = path ? open(path, O_RDONLY | O_CLOEXEC)
		  : store_open_blob(store, &image->boot.blob, image->boot.size, err);
	if (fd < 0)
		return path ? err_errno(err, -errno, "%s", path) : fd;
	if (fstat(fd, &st) < 0)
		return err_errno(err, -errno, "boot blob");
	if (!S_ISREG(st.st_mode) || st.st_size == 0)
		return err_set(err, -EINVAL, "%s: not a file with something in it", path);
	*ret_bytes = (uint64_t)st.st_size;
	return TAKE_FD(fd);
}
