/* SPDX-License-Identifier: Apache-2.0 */
#include "block/find/device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/sys.h"
#include "block/backing.h"

#define DEVICE_BLOCK 4096

int device_attribute(int sysfs, const char *name, const char *attribute, char *ret_text,
		     size_t size)
{
	__fd int fd = -EBADF;
	char path[96];
	ssize_t n;

	if (snprintf(path, sizeof(path), "%s/%s", name, attribute) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = sys_openat(sysfs, path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	n = fd_read_file(fd, ret_text, size - 1);
	if (n < 0)
		return (int)n;
	ret_text[n] = '\0';
	return (int)n;
}

/* The value of the line "@key=..." of a uevent file, "" when there is none. 0 or
 * -ENAMETOOLONG. */
static int uevent_value(const char *uevent, const char *key, char *ret_text, size_t size)
{
	size_t key_size = strlen(key);
	struct str text;

	str_init(&text, ret_text, size);
	for (const char *line = uevent; *line; line += *line == '\n') {
		size_t line_size = strcspn(line, "\n");

		if (line_size > key_size && line[key_size] == '=' &&
		    memcmp(line, key, key_size) == 0)
			str_add_bytes(&text, line + key_size + 1,
				      line_size - key_size - 1);
		line += line_size;
	}
	return str_done(&text);
}

static int device_path(const char *uevent, char ret_path[DEVICE_PATH_SIZE])
{
	char name[DEVICE_PATH_SIZE - sizeof("/dev/") + 1];
	int r = uevent_value(uevent, "DEVNAME", name, sizeof(name));

	if (r < 0)
		return r;
	if (!name[0])
		return -ENOENT;
	(void)snprintf(ret_path, DEVICE_PATH_SIZE, "/dev/%s", name);
	return 0;
}

int device_node(int sysfs, const char *name, char ret_path[DEVICE_PATH_SIZE])
{
	char uevent[1024];
	int r = device_attribute(sysfs, name, "uevent", uevent, sizeof(uevent));

	return r < 0 ? r : device_path(uevent, ret_path);
}

int device_read(int sysfs, const char *name, struct device *ret_device)
{
	struct device device = { .sysfs = sysfs };
	char uevent[1024], number[16];
	uint64_t value = 0;
	int r;

	if (snprintf(device.name, sizeof(device.name), "%s", name) >=
	    (int)sizeof(device.name))
		return -ENAMETOOLONG;
	r = device_attribute(sysfs, name, "size", uevent, sizeof(uevent));
	if (r < 0 || strcmp(uevent, "0\n") == 0)
		return r < 0 ? r : 0;
	r = device_attribute(sysfs, name, "uevent", uevent, sizeof(uevent));
	if (r >= 0)
		r = device_path(uevent, device.path);
	if (r == 0)
		r = uevent_value(uevent, "PARTNAME", device.label, sizeof(device.label));
	if (r == 0)
		r = uevent_value(uevent, "PARTN", number, sizeof(number));
	if (r < 0)
		return r;
	if (number[0] && str_number(number, strlen(number), &value) == 0 &&
	    value <= UINT16_MAX)
		device.number = (unsigned int)value;
	*ret_device = device;
	return 1;
}

int device_serial(const struct device *device, char *ret_text, size_t size)
{
	const char *start;
	int n = device_attribute(device->sysfs, device->name, "serial", ret_text, size);

	if (n == -ENOENT)
		n = device_attribute(device->sysfs, device->name, "device/serial",
				     ret_text, size);
	if (n < 0)
		return n;
	while (n > 0 && strchr(" \t\n", ret_text[n - 1]))
		ret_text[--n] = '\0';
	start = ret_text + strspn(ret_text, " \t");
	memmove(ret_text, start, strlen(start) + 1);
	return ret_text[0] ? 0 : -ENOENT;
}

/* Finds entry @number behind the header of block @lba, whose entries must have its
 * checksum. */
static int read_entry(int disk, uint32_t block_size, uint64_t lba, unsigned int number,
		      struct gpt_entry *ret_entry)
{
	uint8_t block[DEVICE_BLOCK], wanted[GPT_ENTRY_SIZE] = { 0 };
	struct gpt_header header;
	uint64_t total, at, wanted_at = (uint64_t)(number - 1) * GPT_ENTRY_SIZE;
	uint32_t crc = 0;
	int r = fd_pread_all(disk, block, block_size, lba * block_size);

	if (r == 0)
		r = gpt_header_parse(block, block_size, lba, &header);
	if (r < 0)
		return r;
	total = (uint64_t)header.count * GPT_ENTRY_SIZE;
	for (at = 0; at < total; at += sizeof(block)) {
		size_t size =
			total - at < sizeof(block) ? (size_t)(total - at) : sizeof(block);

		r = fd_pread_all(disk, block, size, header.entries_lba * block_size + at);
		if (r < 0)
			return r;
		crc = gpt_crc32(crc, block, size);
		/* entries do not straddle: 4096 is a multiple of their size */
		if (wanted_at >= at && wanted_at < at + size)
			memcpy(wanted, block + (wanted_at - at), sizeof(wanted));
	}
	if (crc != header.entries_crc)
		return -EBADMSG;
	return gpt_entry_parse(wanted, ret_entry);
}

/* How large the disk and its blocks are. 0, -EBADMSG for no size of a block, or -errno. */
static int read_geometry(int disk, uint32_t *ret_block_size, uint64_t *ret_bytes)
{
	int block_size = 512;
	int r = sys_ioctl(disk, BLKSSZGET, &block_size);

	if (r == 0)
		r = backing_disk.size(disk, ret_bytes);
	if (r == 0 && (block_size < 512 || block_size > DEVICE_BLOCK))
		r = -EBADMSG;
	*ret_block_size = (uint32_t)block_size;
	return r;
}

static int read_table(int disk, unsigned int number, struct gpt_entry *ret_entry)
{
	uint8_t sector[MBR_SIZE];
	uint32_t block_size;
	uint64_t bytes = 0;
	int r = fd_pread_all(disk, sector, sizeof(sector), 0);

	if (r < 0)
		return r;
	if (!mbr_is_protective(sector)) {
		*ret_entry = (struct gpt_entry){ .first_lba = 0 };
		return mbr_partuuid(sector, number, ret_entry->uuid);
	}
	r = read_geometry(disk, &block_size, &bytes);
	if (r < 0)
		return r;
	r = read_entry(disk, block_size, 1, number, ret_entry);
	if (r == -EBADMSG) /* the other table is in the last block */
		r = read_entry(disk, block_size, bytes / block_size - 1, number,
			       ret_entry);
	return r;
}

bool device_has_bad_table(const struct device *device)
{
	uint8_t sector[MBR_SIZE];
	struct gpt_entry entry;
	uint32_t block_size;
	uint64_t bytes = 0;
	__fd int disk = -EBADF;

	if (device->number)
		return false;
	disk = sys_openat(AT_FDCWD, device->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
	if (disk < 0 || fd_pread_all(disk, sector, sizeof(sector), 0) < 0)
		return false;
	return mbr_is_protective(sector) &&
	       read_geometry(disk, &block_size, &bytes) == 0 &&
	       read_entry(disk, block_size, 1, 1, &entry) == -EBADMSG;
}

int device_partition(const struct device *device, struct gpt_entry *ret_entry)
{
	char uevent[1024], path[DEVICE_PATH_SIZE];
	__fd int disk = -EBADF;
	int r;

	if (!device->number)
		return -ENOENT;
	/* a partition's entry is a link into its disk's directory */
	r = device_attribute(device->sysfs, device->name, "../uevent", uevent,
			     sizeof(uevent));
	if (r >= 0)
		r = device_path(uevent, path);
	if (r < 0)
		return r;
	disk = sys_openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
	if (disk < 0)
		return disk;
	return read_table(disk, device->number, ret_entry);
}
