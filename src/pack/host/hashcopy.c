/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/host/hashcopy.h"

#include <errno.h>
#include <stdlib.h>

#include "base/fd.h"

#define COPY_SIZE (256 << 10)

int hashcopy(int fd, uint64_t offset, uint64_t size_bytes, int out_fd,
	     struct digest *ret_hash)
{
	uint8_t *buf = malloc(COPY_SIZE);
	struct sha256 digest;
	int r = buf ? sha256_start(&digest) : -ENOMEM;

	for (uint64_t at = 0; r == 0 && at < size_bytes;) {
		uint64_t left = size_bytes - at;
		size_t part = left < COPY_SIZE ? (size_t)left : COPY_SIZE;

		r = fd_pread_all(fd, buf, part, offset + at);
		if (r == 0)
			r = sha256_add(&digest, buf, part);
		if (r == 0)
			r = fd_write_all(out_fd, buf, part);
		at += part;
	}
	if (r == 0)
		r = sha256_finish(&digest, ret_hash);
	free(buf);
	return r;
}
