/* SPDX-License-Identifier: Apache-2.0 */
#include "crash/nand.h"

#include <errno.h>
#include <fcntl.h>
#include <mtd/mtd-user.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.h"

#define DEVICE "/dev/mtd0"
#define BLOCK_MOST (128u << 10)

bool nand_is_there(void)
{
	__fd int fd =
		open("/sys/module/nandsim/parameters/overridesize", O_RDONLY | O_CLOEXEC);
	char digit;

	return fd >= 0 && read(fd, &digit, 1) == 1 && digit != '0';
}

static int nand_open(int flags, struct mtd_info_user *ret_info, struct err *err)
{
	int fd = open(DEVICE, flags | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, MEMGETINFO, ret_info) < 0)
		return err_errno(err, -errno, DEVICE);
	return ret_info->erasesize > BLOCK_MOST ? err_set(err, -E2BIG, DEVICE) : fd;
}

/* The C library's is byte by byte. */
static bool same(const uint8_t *a, const uint8_t *b, size_t size)
{
	uint64_t left, right;

	for (size_t i = 0; i < size; i += sizeof(left)) {
		memcpy(&left, a + i, sizeof(left));
		memcpy(&right, b + i, sizeof(right));
		if (left != right)
			return false;
	}
	return true;
}

/* A page of ones stays unwritten: UBI wants to write there. */
static int program(int fd, const struct mtd_info_user *info, const uint8_t *bytes,
		   size_t at)
{
	static uint8_t ones[BLOCK_MOST];

	memset(ones, 0xff, info->writesize);
	for (size_t page = 0; page < info->erasesize; page += info->writesize)
		if (!same(bytes + page, ones, info->writesize) &&
		    pwrite(fd, bytes + page, info->writesize, (off_t)(at + page)) !=
			    (ssize_t)info->writesize)
			return -errno;
	return 0;
}

static int put_block(int fd, const struct mtd_info_user *info, const uint8_t *bytes,
		     size_t at)
{
	static uint8_t there[BLOCK_MOST];
	struct erase_info_user erase = { .start = (uint32_t)at,
					 .length = info->erasesize };

	if (pread(fd, there, info->erasesize, (off_t)at) == (ssize_t)info->erasesize &&
	    same(there, bytes, info->erasesize))
		return 0;
	return ioctl(fd, MEMERASE, &erase) < 0 ? -errno : program(fd, info, bytes, at);
}

int nand_put(const uint8_t *bytes, size_t size, struct err *err)
{
	struct mtd_info_user info;
	__fd int fd = nand_open(O_RDWR, &info, err);
	int r = 0;

	if (fd >= 0 && (size != info.size || size % info.erasesize != 0))
		return err_set(err, -EINVAL, "the flash has %u bytes", info.size);
	for (size_t at = 0; fd >= 0 && r == 0 && at < size; at += info.erasesize)
		r = put_block(fd, &info, bytes + at, at);
	return fd < 0 ? fd : r < 0 ? err_errno(err, r, DEVICE) : 0;
}

int nand_get(const char *path, struct err *err)
{
	static uint8_t bytes[BLOCK_MOST];
	struct mtd_info_user info;
	__fd int fd = nand_open(O_RDONLY, &info, err);
	__fd int out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0)
		return fd;
	for (size_t at = 0; at < info.size; at += info.erasesize)
		if (pread(fd, bytes, info.erasesize, (off_t)at) !=
			    (ssize_t)info.erasesize ||
		    write(out, bytes, info.erasesize) != (ssize_t)info.erasesize)
			return err_errno(err, -errno, "%s", path);
	return 0;
}
