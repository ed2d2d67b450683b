/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A verity mapping that is kept by a descriptor, where init has a mount. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>

#include "base/fd.h"
#include "block/dm.h"

struct mapped {
	int fd;
	char *path;
};

static inline int mapped_use(void *context, const char *path, struct err *err)
{
	static _Alignas(4096) uint8_t block[4096];
	struct mapped *mapped = context;
	int r;

	strcpy(mapped->path, path);
	mapped->fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	r = mapped->fd < 0 ? -errno : fd_pread_all(mapped->fd, block, sizeof(block), 0);
	return r < 0 ? err_errno(err, r, "%s", path) : 0;
}

/* An fd for direct reads, the caller's, and its "/dev/dm-N"; or -errno. */
static inline int mapped_open(const struct dm_verity *verity, char ret_path[32],
			      struct err *err)
{
	struct mapped mapped = { -EBADF, ret_path };
	struct dm_verity own = *verity;
	int r;

	own.use = mapped_use;
	own.context = &mapped;
	r = dm_verity_use(&own, err);
	if (r < 0)
		fd_close(mapped.fd);
	return r < 0 ? r : mapped.fd;
}
