/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/sha256.h"

#include <errno.h>

#include "base/fd.h"

void sha256_do_all(const void *bytes, size_t size, struct digest *ret_digest)
{
	struct sha256 sha;

	sha256_do_start(&sha);
	sha256_do_add(&sha, bytes, size);
	sha256_do_finish(&sha, ret_digest);
}

int sha256_copy(int fd, uint64_t offset, uint64_t size_bytes, int to,
		struct digest *ret_digest)
{
	unsigned char buf[16384];
	struct sha256 sha;
	int r = sha256_start(&sha);

	for (uint64_t at = 0; r == 0 && at < size_bytes;) {
		uint64_t left = size_bytes - at;
		size_t count = left < sizeof(buf) ? (size_t)left : sizeof(buf);

		r = fd_pread_all(fd, buf, count, offset + at);
		if (r == 0)
			r = sha256_add(&sha, buf, count);
		if (r == 0 && to >= 0)
			r = fd_write_all(to, buf, count);
		at += count;
	}
	return r < 0 ? r : sha256_finish(&sha, ret_digest);
}

int sha256_of_fd(int fd, uint64_t size_bytes, struct digest *ret_digest)
{
	return sha256_copy(fd, 0, size_bytes, -EBADF, ret_digest);
}
