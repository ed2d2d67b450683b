/* SPDX-License-Identifier: Apache-2.0 */
#include "crash/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/fd.h"
#include "crash/log.h"

int layout_parse(const char *text, struct layout *ret_layout, struct err *err)
{
	*ret_layout = (struct layout){ .parts = { { 0, 0 } } };
	for (size_t i = 0; i < LAYOUT_PARTS && *text; i++) {
		char *end;

		ret_layout->parts[i].offset_bytes = strtoull(text, &end, 10);
		if (*end != ':')
			break;
		ret_layout->parts[i].size_bytes = strtoull(end + 1, &end, 10);
		text = end + (*end == ',');
	}
	return *text || !ret_layout->parts[LAYOUT_STORE].size_bytes
		       ? err_set(err, -EINVAL, "a layout is OFFSET:SIZE,...")
		       : 0;
}

int layout_loop(const struct layout *layout, int fd, struct err *err)
{
	for (size_t i = 0; i < LAYOUT_PARTS && layout->parts[i].size_bytes; i++) {
		struct loop_config config = { .fd = (uint32_t)fd,
					      .block_size = LOG_SECTOR };
		char path[32];

		(void)snprintf(path, sizeof(path), "/dev/loop%zu", i);
		/* one that stayed open would keep the blocks of the state before in its cache */
		__fd int loop = open(path, O_RDWR | O_CLOEXEC);

		config.info.lo_offset = layout->parts[i].offset_bytes;
		config.info.lo_sizelimit = layout->parts[i].size_bytes;
		if (loop < 0 || ioctl(loop, LOOP_CONFIGURE, &config) < 0)
			return err_errno(err, -errno, "%s", path);
	}
	return 0;
}
