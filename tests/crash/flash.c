/* SPDX-License-Identifier: Apache-2.0 */
#include "crash/flash.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ioctl.h>
#include <mtd/ubi-user.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "block/ubi.h"
#include "crash/nand.h"

#define MAKER "/sys/module/block2mtd/parameters/block2mtd"
#define CONTROL "/dev/ubi_ctrl"

/* As tests/crash/fixtures has it. */
#define BLOCK "16KiB"

int flash_make(const char *path, struct err *err)
{
	__fd int fd = open(MAKER, O_WRONLY | O_CLOEXEC);
	char text[64];
	int size = snprintf(text, sizeof(text), "%s," BLOCK ",ubi", path);

	if (fd < 0 || write(fd, text, (size_t)size) != size)
		return err_errno(err, -errno, MAKER);
	return 0;
}

int flash_attach(struct err *err)
{
	int r = ubi_attach(nand_is_there() ? NAND_VOLUME : "lamina-data", err);

	return r == -EAGAIN ? err_set(err, -ENODEV, "no flash") : r;
}

int flash_detach(struct err *err)
{
	__fd int fd = open(CONTROL, O_RDONLY | O_CLOEXEC);
	int32_t number = 0;

	if (fd < 0 || ioctl(fd, UBI_IOCDET, &number) < 0)
		return err_errno(err, -errno, CONTROL);
	return 0;
}
