/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/sha256.h"

#include <errno.h>

#include "base/fd.h"

int sha256_of(const void *bytes, size_t size, struct digest *ret_digest)
{
	struct sha256 sha;
	int r = sha256_start(&sha);

	if (r == 0)
		r = sha256_add(&sha, bytes, size);
	if (r == 0)
		r = sha256_finish(&sha, ret_digest);
	return r;
}

int sha256_of_fd(int fd, uint64_t size_bytes, struct digest *ret_digest)
{
	unsigned char buf[16384];
	uint64_t at = 0;
	struct sha256 sha;
	int r = sha256_start(&sha);

	while (r == 0 && at < size_bytes) {
		uint64_t left = size_bytes - at;
		size_t count = left < sizeof(buf) ? (size_t)left : sizeof(buf);

		r = fd_pread_all(fd, buf, count, at);
		if (r == 0)
			r = sha256_add(&sha, buf, count);
		at += count;
	}
	return r < 0 ? r : sha256_finish(&sha, ret_digest);
}
