/* SPDX-License-Identifier: Apache-2.0 */
#include "block/ubi.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/ioctl.h>
#include <mtd/ubi-user.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/dir.h"
#include "base/fd.h"
#include "base/str.h"
#include "base/sys.h"

/* Where nobody says which: as OpenWrt and many device trees call it. */
#define USUAL_PARTITION "ubi"

static int read_line(int sysfs, const char *name, const char *attribute, char *ret_text,
		     size_t size)
{
	int n = device_attribute(sysfs, name, attribute, ret_text, size);

	if (n > 0 && ret_text[n - 1] == '\n')
		ret_text[--n] = '\0';
	return n;
}

static int read_number(const char *device, const char *attribute, uint64_t *ret_number)
{
	char text[24];
	int n = read_line(AT_FDCWD, device, attribute, text, sizeof(text));

	return n < 0 ? n : str_number(text, (size_t)n, ret_number);
}

/* What it has room for: what it holds may be less. -ENOTBLK: it is no volume. */
static int volume_size(int fd, uint64_t *ret_bytes)
{
	uint64_t blocks = 0, block_size = 0;
	char device[48];
	struct stat st;
	int r = sys_fstat(fd, &st);

	if (r < 0)
		return r;
	(void)snprintf(device, sizeof(device), "/sys/dev/char/%u:%u", major(st.st_rdev),
		       minor(st.st_rdev));
	r = read_number(device, "reserved_ebs", &blocks);
	if (r == 0)
		r = read_number(device, "usable_eb_size", &block_size);
	if (r == 0)
		*ret_bytes = blocks * block_size;
	return r == -ENOENT || r == -ENOTDIR ? -ENOTBLK : r;
}

static int volume_open(int fd, uint64_t size_bytes, char path[BACKING_PATH_SIZE],
		       struct err *err)
{
	uint64_t bytes;
	int r = volume_size(fd, &bytes);

	(void)size_bytes;
	if (r == -ENOTBLK)
		return err_set(err, r, "%s: neither a block device nor a UBI volume",
			       path);
	if (r == 0)
		r = sys_fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return r < 0 ? err_errno(err, r, "%s", path) : r;
}

const struct backing backing_ubi = { S_IFCHR, volume_open, volume_size, backing_let_go };

/* Larger than what was written, by what is left of its last erase block: nobody reads that. */
static int block_open(int fd, uint64_t size_bytes, char path[BACKING_PATH_SIZE],
		      struct err *err)
{
	const struct ubi_blkcreate_req req = { .padding = { 0 } };
	char volume[BACKING_PATH_SIZE], sysfs[48];
	struct stat st;
	int r = sys_fstat(fd, &st);

	(void)size_bytes;
	(void)snprintf(sysfs, sizeof(sysfs), "/sys/dev/char/%u:%u", major(st.st_rdev),
		       minor(st.st_rdev));
	if (r == 0)
		r = device_node(AT_FDCWD, sysfs, volume);
	if (r < 0)
		return err_errno(err, r, "UBI volume");
	/* "/dev/ubi0_3", "/dev/ubiblock0_3" */
	if (strncmp(volume, "/dev/ubi", 8) != 0 ||
	    snprintf(path, BACKING_PATH_SIZE, "/dev/ubiblock%s", volume + 8) >=
		    BACKING_PATH_SIZE)
		return err_set(err, -ENOTBLK, "%s: not a UBI volume", volume);
	r = sys_ioctl(fd, UBI_IOCVOLCRBLK, (void *)(uintptr_t)&req);
	if (r == -ENOSYS)
		return err_set(err, -ENOTSUP,
			       "no block devices of UBI volumes in this kernel "
			       "(CONFIG_MTD_UBI_BLOCK)");
	if (r < 0 && r != -EEXIST) /* another layer's: the kernel counts who uses it */
		return err_errno(err, r, "%s: UBI_IOCVOLCRBLK", volume);
	r = sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	if (r < 0)
		(void)sys_ioctl(fd, UBI_IOCVOLRMBLK, NULL);
	return r < 0 ? err_errno(err, r, "%s", path) : r;
}

/* -EBUSY: something is mounted or mapped of it. */
static void block_close(int fd, int device)
{
	fd_close(device);
	(void)sys_ioctl(fd, UBI_IOCVOLRMBLK, NULL);
}

const struct backing backing_ubiblock = { S_IFCHR, block_open, volume_size, block_close };

int ubi_read(int sysfs, const char *name, struct device *ret_device)
{
	struct device device = { .sysfs = sysfs };
	int r;

	if (snprintf(device.name, sizeof(device.name), "%s", name) >=
	    (int)sizeof(device.name))
		return -ENAMETOOLONG;
	(void)snprintf(device.path, sizeof(device.path), "/dev/%s", name);
	r = read_line(sysfs, name, "name", device.label, sizeof(device.label));
	/* a UBI device and the class' own file have no name */
	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r >= 0)
		*ret_device = device;
	return r < 0 ? r : 1;
}

bool ubi_answers(const char *label, const char *value)
{
	const char *slash = strchr(value, '/');

	return strcmp(label, slash ? slash + 1 : value) == 0;
}

static bool is_partition(const char *name, const char *value)
{
	const char *slash = strchr(value, '/');
	size_t size = strlen(name);

	if (!slash)
		return strcmp(name, USUAL_PARTITION) == 0;
	return size == (size_t)(slash - value) && memcmp(name, value, size) == 0;
}

/* The number of the MTD device. -EAGAIN: there is none (yet). */
static int find_partition(const char *value, struct err *err)
{
	__fd int sysfs = sys_openat(AT_FDCWD, "/sys/class/mtd",
				    O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	const struct dirent *entry;
	char name[128];
	struct dir list;
	uint64_t number;
	int found = -EAGAIN, r;

	if (sysfs < 0)
		return err_errno(err, sysfs, "/sys/class/mtd");
	dir_init(&list, sysfs);
	while ((r = dir_next(&list, &entry)) > 0) {
		const char *digits = entry->d_name + 3;

		/* beside each mtdN there is mtdNro */
		if (strncmp(entry->d_name, "mtd", 3) != 0 ||
		    str_number(digits, strlen(digits), &number) < 0 ||
		    number > INT32_MAX ||
		    read_line(sysfs, entry->d_name, "name", name, sizeof(name)) < 0 ||
		    !is_partition(name, value))
			continue;
		if (found >= 0)
			return err_set(err, -ENOTUNIQ, "mtd%d and %s are both called %s",
				       found, entry->d_name, name);
		found = (int)number;
	}
	return r < 0 ? err_errno(err, r, "/sys/class/mtd") : found;
}

int ubi_attach(const char *value, struct err *err)
{
	struct ubi_attach_req req = { .ubi_num = UBI_DEV_NUM_AUTO };
	__fd int control = -EBADF;
	int r = find_partition(value, err);

	if (r < 0)
		return r;
	req.mtd_num = r;
	control = sys_openat(AT_FDCWD, "/dev/ubi_ctrl", O_RDONLY | O_CLOEXEC, 0);
	if (control < 0)
		return err_errno(err, control, "/dev/ubi_ctrl");
	r = sys_ioctl(control, UBI_IOCATT, &req);
	if (r == -EEXIST)
		return -EAGAIN;
	return r < 0 ? err_errno(err, r, "attaching mtd%d", req.mtd_num) : 0;
}

/* The device called @name. As ubi_open(). */
static int open_whole(int sysfs, const struct device *device, uint64_t size_bytes,
		      struct err *err)
{
	__fd int fd = sys_openat(AT_FDCWD, device->path, O_RDONLY | O_CLOEXEC, 0);
	uint64_t room = 0, half = 0;
	char text[4];
	int r = fd < 0 ? fd : volume_size(fd, &room);

	if (r == 0)
		r = read_line(sysfs, device->name, "upd_marker", text, sizeof(text));
	if (r >= 0)
		r = str_number(text, (size_t)r, &half);
	if (r < 0)
		return err_errno(err, r, "%s", device->path);
	if (half)
		return err_set(err, -EBADMSG, "%s was not written whole", device->path);
	if (room < size_bytes)
		return err_set(err, -EBADMSG,
			       "%s has room for %" PRIu64
			       " bytes, the manifest says %" PRIu64,
			       device->path, room, size_bytes);
	return TAKE_FD(fd);
}

int ubi_open(const char *name, uint64_t size_bytes, struct err *err)
{
	__fd int sysfs = sys_openat(AT_FDCWD, "/sys/class/ubi",
				    O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	const struct dirent *entry;
	struct device device;
	struct dir list;
	int r;

	if (sysfs == -ENOENT)
		return sysfs;
	if (sysfs < 0)
		return err_errno(err, sysfs, "/sys/class/ubi");
	dir_init(&list, sysfs);
	while ((r = dir_next(&list, &entry)) > 0) {
		r = ubi_read(sysfs, entry->d_name, &device);
		if (r < 0)
			break;
		if (r > 0 && strcmp(device.label, name) == 0)
			return open_whole(sysfs, &device, size_bytes, err);
	}
	return r < 0 ? err_errno(err, r, "/sys/class/ubi") : -ENOENT;
}

int ubi_is_volume(int fd)
{
	struct stat st;
	int r = sys_fstat(fd, &st);

	return r < 0 ? r : S_ISCHR(st.st_mode);
}

int ubi_renew(int fd, uint64_t size_bytes)
{
	int64_t bytes = (int64_t)size_bytes;

	return sys_ioctl(fd, UBI_IOCVOLUP, &bytes);
}
