/* SPDX-License-Identifier: Apache-2.0 */
#include "block/backing.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/sys.h"
#include "block/loop.h"
#include "block/ubi.h"

static int file_size(int fd, uint64_t *ret_bytes)
{
	struct stat st;
	int r = sys_fstat(fd, &st);

	if (r == 0)
		*ret_bytes = (uint64_t)st.st_size;
	return r;
}

/* Whoever reads no more of it than he was told needs no shorter device. */
static int disk_open(int fd, uint64_t size_bytes, char path[BACKING_PATH_SIZE],
		     struct err *err)
{
	int device = sys_fcntl(fd, F_DUPFD_CLOEXEC, 0);

	(void)size_bytes;
	return device < 0 ? err_errno(err, device, "%s", path) : device;
}

static int disk_size(int fd, uint64_t *ret_bytes)
{
	return sys_ioctl(fd, BLKGETSIZE64, ret_bytes);
}

void backing_let_go(int fd, int device)
{
	(void)fd;
	fd_close(device);
}

const struct backing backing_file = { S_IFREG, loop_open, file_size, backing_let_go };
const struct backing backing_disk = { S_IFBLK, disk_open, disk_size, backing_let_go };

static int find(int fd, const struct backing *const *backings,
		const struct backing **ret_backing)
{
	struct stat st;
	int r = sys_fstat(fd, &st);

	for (; r == 0 && *backings; backings++) {
		*ret_backing = *backings;
		if ((st.st_mode & S_IFMT) == (*backings)->type)
			return 0;
	}
	return r < 0 ? r : -ENOTBLK;
}

int backing_of(int fd, const struct backing **ret_backing)
{
	static const struct backing *const all[] = {
		&backing_file,
		&backing_disk,
#ifdef CONFIG_LAMINA_UBI
		&backing_ubiblock,
#endif
		NULL,
	};

	return find(fd, all, ret_backing);
}

int backing_of_named(int fd, const struct backing **ret_backing)
{
	static const struct backing *const named[] = {
		&backing_disk,
#ifdef CONFIG_LAMINA_UBI
		&backing_ubi,
#endif
		NULL,
	};

	return find(fd, named, ret_backing);
}
