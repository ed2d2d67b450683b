/* SPDX-License-Identifier: Apache-2.0 */
#include "block/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/sys.h"

#define LOOP_BLOCK 4096

/* Direct I/O keeps a file out of the page cache, where what is read of the device is too. A
 * small file is better there: one request brings all of it, not one each of its blocks. */
#define LOOP_SMALL (256 << 10)

/* Others (udev, losetup) may take the number that we were told is free, or still be
 * looking at it: each such answer is one try, with a pause that outlasts a look. */
#define LOOP_TRIES 64
static const struct timespec loop_pause = { .tv_nsec = 2 * 1000 * 1000 };

struct file {
	int fd;
	uint64_t size_bytes;
	bool writable;
};

static bool is_taken(int r)
{
	return r == -EBUSY || r == -ENXIO || r == -ENOENT;
}

static int configure(int loop, const struct file *file)
{
	struct loop_config config;
	int r;

	memset(&config, 0, sizeof(config));
	config.fd = (uint32_t)file->fd;
	config.block_size = LOOP_BLOCK;
	config.info.lo_sizelimit = file->size_bytes;
	config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
	if (!file->writable)
		config.info.lo_flags |= LO_FLAGS_READ_ONLY;
	if (file->size_bytes > LOOP_SMALL)
		config.info.lo_flags |= LO_FLAGS_DIRECT_IO;
	r = sys_ioctl(loop, LOOP_CONFIGURE, &config);
	if (r != -EINVAL)
		return r;
	/* most kernels drop direct I/O by themselves where the file can't do it */
	config.info.lo_flags &= ~(uint32_t)LO_FLAGS_DIRECT_IO;
	return sys_ioctl(loop, LOOP_CONFIGURE, &config);
}

/* One try. Returns the device's fd, or -errno with @ret_call naming what failed. */
static int take_free(int control, const struct file *file, char *path,
		     const char **ret_call)
{
	__fd int loop = -EBADF;
	int number, r;

	*ret_call = "LOOP_CTL_GET_FREE";
	number = sys_ioctl_number(control, LOOP_CTL_GET_FREE, 0);
	if (number < 0)
		return number;
	(void)snprintf(path, BACKING_PATH_SIZE, "/dev/loop%d", number);
	*ret_call = "open";
	loop = sys_openat(AT_FDCWD, path,
			  (file->writable ? O_RDWR : O_RDONLY) | O_CLOEXEC, 0);
	if (loop < 0)
		return loop;
	*ret_call = "LOOP_CONFIGURE";
	r = configure(loop, file);
	if (r < 0)
		return r;
	return TAKE_FD(loop);
}

static int open_loop(const struct file *file, char ret_path[BACKING_PATH_SIZE],
		     struct err *err)
{
	__fd int control =
		sys_openat(AT_FDCWD, "/dev/loop-control", O_RDWR | O_CLOEXEC, 0);
	char path[BACKING_PATH_SIZE] = "/dev/loop-control";
	const char *call = "open";
	int loop = -EBUSY;

	if (control == -ENOENT)
		return err_set(err, -ENOTSUP,
			       "no loop devices in this kernel "
			       "(CONFIG_BLK_DEV_LOOP): no /dev/loop-control");
	if (control < 0)
		return err_errno(err, control, "/dev/loop-control");
	if (file->size_bytes == 0 || file->size_bytes % LOOP_BLOCK)
		return err_set(err, -EINVAL,
			       "loop: %llu bytes are not whole blocks of %d",
			       (unsigned long long)file->size_bytes, LOOP_BLOCK);
	for (int try = 0; try < LOOP_TRIES; try++) {
		loop = take_free(control, file, path, &call);
		if (!is_taken(loop))
			break;
		(void)sys_nanosleep(&loop_pause);
	}
	if (is_taken(loop))
		return err_errno(err, loop, "%s: %s, %d times", path, call, LOOP_TRIES);
	if (loop < 0)
		return err_errno(err, loop, "%s: %s", path, call);
	memcpy(ret_path, path, sizeof(path));
	return loop;
}

int loop_open(int file_fd, uint64_t size_bytes, char ret_path[BACKING_PATH_SIZE],
	      struct err *err)
{
	const struct file file = { file_fd, size_bytes, false };

	return open_loop(&file, ret_path, err);
}

int loop_open_writable(int file_fd, uint64_t size_bytes, char ret_path[BACKING_PATH_SIZE],
		       struct err *err)
{
	const struct file file = { file_fd, size_bytes, true };

	return open_loop(&file, ret_path, err);
}
