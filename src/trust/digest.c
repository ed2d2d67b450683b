/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/digest.h"

#include <errno.h>

#include "base/fd.h"

int digest_of(const void *bytes, size_t size, uint8_t ret_hash[DIGEST_SIZE])
{
	struct digest d;
	int r = digest_start(&d);

	if (r == 0)
		r = digest_add(&d, bytes, size);
	if (r == 0)
		r = digest_finish(&d, ret_hash);
	return r;
}

int digest_of_fd(int fd, uint64_t size_bytes, uint8_t ret_hash[DIGEST_SIZE])
{
	unsigned char buf[16384];
	uint64_t at = 0;
	struct digest d;
	int r = digest_start(&d);

	while (r == 0 && at < size_bytes) {
		uint64_t left = size_bytes - at;
		size_t count = left < sizeof(buf) ? (size_t)left : sizeof(buf);

		r = fd_pread_all(fd, buf, count, at);
		if (r == 0)
			r = digest_add(&d, buf, count);
		at += count;
	}
	return r < 0 ? r : digest_finish(&d, ret_hash);
}
