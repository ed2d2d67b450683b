/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fd.h"

#include <fcntl.h>

#include "base/sys.h"

void fd_close(int fd)
{
	if (fd >= 0)
		(void)sys_close(fd);
}

int fd_pread_all(int fd, void *buf, size_t size, uint64_t offset)
{
	char *at = buf;

	while (size > 0) {
		ssize_t n = sys_pread(fd, at, size, (int64_t)offset);

		if (n == -EINTR)
			continue;
		if (n < 0)
			return (int)n;
		if (n == 0)
			return -EIO;
		at += n;
		size -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

int fd_pread_medium(int fd, void *buf, size_t size, uint64_t offset)
{
	int r = sys_fcntl(fd, F_SETFL, O_DIRECT);

	if (r == 0) {
		r = fd_pread_all(fd, buf, size, offset);
		(void)sys_fcntl(fd, F_SETFL, 0);
	}
	if (r == 0)
		return 0;
	/* no direct reads here, or the cache's own error was waiting for us */
	(void)sys_fadvise(fd, (int64_t)offset, (int64_t)size, POSIX_FADV_DONTNEED);
	return fd_pread_all(fd, buf, size, offset);
}

int fd_write_all(int fd, const void *buf, size_t size)
{
	const char *at = buf;

	while (size > 0) {
		ssize_t n = sys_write(fd, at, size);

		if (n == -EINTR)
			continue;
		if (n < 0)
			return (int)n;
		if (n == 0) /* a device at its end: the next try would say the same */
			return -ENOSPC;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

int fd_pwrite_all(int fd, const void *buf, size_t size, uint64_t offset)
{
	const char *at = buf;

	while (size > 0) {
		ssize_t n = sys_pwrite(fd, at, size, (int64_t)offset);

		if (n == -EINTR)
			continue;
		if (n < 0)
			return (int)n;
		if (n == 0) /* a device at its end: the next try would say the same */
			return -ENOSPC;
		at += n;
		size -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

int fd_write_behind(int fd, uint64_t at, uint64_t window)
{
	int64_t begin = (int64_t)at, size = (int64_t)window, before = begin - size;
	int r = sys_sync_file_range(fd, begin, size, SYNC_FILE_RANGE_WRITE);

	if (r == 0 && before >= 0) {
		r = sys_sync_file_range(fd, before, size,
					SYNC_FILE_RANGE_WAIT_BEFORE |
						SYNC_FILE_RANGE_WRITE |
						SYNC_FILE_RANGE_WAIT_AFTER);
		(void)sys_fadvise(fd, before, size, POSIX_FADV_DONTNEED);
	}
	return r;
}

int64_t fd_copy(int from, int to, uint64_t most)
{
	char buf[16384];
	uint64_t done = 0;

	while (done < most) {
		uint64_t left = most - done;
		ssize_t n = sys_read(from, buf,
				     left < sizeof(buf) ? (size_t)left : sizeof(buf));
		int r;

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? n : (int64_t)done;
		r = fd_write_all(to, buf, (size_t)n);
		if (r < 0)
			return r;
		done += (uint64_t)n;
	}
	return (int64_t)done;
}

ssize_t fd_read_file(int fd, void *buf, size_t size)
{
	size_t used = 0;
	char more;

	while (used < size) {
		ssize_t n = sys_read(fd, (char *)buf + used, size - used);

		if (n == -EINTR)
			continue;
		if (n < 0)
			return n;
		if (n == 0)
			return (ssize_t)used;
		used += (size_t)n;
	}
	for (;;) {
		ssize_t n = sys_read(fd, &more, 1);

		if (n == -EINTR)
			continue;
		if (n < 0)
			return n;
		return n == 0 ? (ssize_t)used : -EFBIG;
	}
}
