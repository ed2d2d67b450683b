/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/partition.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/sys.h"
#include "block/backing.h"
#include "block/ubi.h"
#include "install/incoming.h"

/* What is written last: nothing starts without it. */
#define HEAD ((size_t)4096)

/* Open with @flags, and large enough. An fd or -errno. */
static int open_for(const char *path, int flags, uint64_t size_bytes, struct err *err)
{
	__fd int fd = sys_openat(AT_FDCWD, path, flags | O_NONBLOCK | O_CLOEXEC, 0);
	const struct backing *backing = NULL;
	uint64_t room = 0;
	char has[16], needs[16];
	int r = fd < 0 ? fd : backing_of_named(fd, &backing);

	if (r == 0)
		r = backing->size(fd, &room);
	if (r < 0)
		return err_errno(err, r, "%s", path);
	/* the head is written whole */
	if (room < size_bytes || room < HEAD)
		return err_set(err, -ENOSPC, "%s has %s, less than the %s of the kernel",
			       path, str_size(room, has), str_size(size_bytes, needs));
	return TAKE_FD(fd);
}

int partition_check(const char *path, uint64_t size_bytes, struct err *err)
{
	__fd int fd = open_for(path, O_RDONLY, size_bytes, err);

	return fd < 0 ? fd : 0;
}

static int compare(const struct partition *partition, int fd, const struct digest *digest,
		   uint64_t size_bytes, struct err *err)
{
	struct digest hash;
	int r = incoming_hash(fd, size_bytes, partition->progress, partition->context,
			      &hash);

	if (UBI_BUILT_IN &&
	    r == -EBADF) /* a volume of UBI's, and what was written to it is not whole */
		return 0;
	return r < 0 ? err_errno(err, r, "reading %s", partition->path)
		     : digest_equal(&hash, digest);
}

int partition_holds(const struct partition *partition, const struct digest *digest,
		    uint64_t size_bytes, struct err *err)
{
	__fd int fd = open_for(partition->path, O_RDONLY, size_bytes, err);

	if (fd == -ENOSPC)
		return 0;
	return fd < 0 ? fd : compare(partition, fd, digest, size_bytes, err);
}

/* The head, of the blob or (@blob < 0) of zeros. */
static int write_head(int fd, int blob, uint64_t size_bytes)
{
	size_t size = size_bytes < HEAD ? (size_t)size_bytes : HEAD;
	int r = 0;

	memset(incoming_buffer, 0, HEAD);
	if (blob >= 0)
		r = fd_pread_all(blob, incoming_buffer, size, 0);
	if (r == 0)
		r = fd_pwrite_all(fd, incoming_buffer, HEAD, 0);
	return r < 0 ? r : sys_fsync(fd);
}

static int write_from(const struct partition *partition, int fd, int blob, uint64_t start,
		      uint64_t size_bytes)
{
	int r = 0;

	for (uint64_t at = start; r == 0 && at < size_bytes;) {
		uint64_t left = size_bytes - at;
		size_t part = left < INCOMING_BUFFER ? (size_t)left : INCOMING_BUFFER;

		r = fd_pread_all(blob, incoming_buffer, part, at);
		if (r == 0)
			r = fd_pwrite_all(fd, incoming_buffer, part, at);
		partition->progress(partition->context, part);
		at += part;
	}
	return r < 0 ? r : sys_fsync(fd);
}

/* What is whole at no time before the last byte is there, UBI sees to itself. */
static int write_volume(const struct partition *partition, int fd, int blob,
			uint64_t size_bytes)
{
	int r = ubi_renew(fd, size_bytes);

	return r < 0 ? r : write_from(partition, fd, blob, 0, size_bytes);
}

static int write_device(const struct partition *partition, int fd, int blob,
			uint64_t size_bytes)
{
	int r = write_head(fd, -EBADF, 0);

	if (r == 0)
		r = write_from(partition, fd, blob, HEAD, size_bytes);
	return r < 0 ? r : write_head(fd, blob, size_bytes);
}

static int write_all(const struct partition *partition, int fd, bool volume, int blob,
		     const struct digest *digest, uint64_t size_bytes, struct err *err)
{
	int r = volume ? write_volume(partition, fd, blob, size_bytes)
		       : write_device(partition, fd, blob, size_bytes);

	if (r < 0)
		return err_errno(err, r, "writing %s", partition->path);
	r = compare(partition, fd, digest, size_bytes, err);
	if (r == 0)
		return err_set(err, -EIO, "%s: the medium did not keep what was written",
			       partition->path);
	return r < 0 ? r : 0;
}

int partition_write(const struct partition *partition, int blob,
		    const struct digest *digest, uint64_t size_bytes, struct err *err)
{
	/* O_EXCL: not one that is mounted */
	__fd int fd = open_for(partition->path, O_RDWR | O_EXCL, size_bytes, err);
	int volume, r;

	if (fd < 0)
		return fd;
	volume = ubi_is_volume(fd);
	if (volume < 0)
		return err_errno(err, volume, "%s", partition->path);
	r = write_all(partition, fd, volume, blob, digest, size_bytes, err);
	/* not to be started, by whatever mishap somebody asks for it */
	if (r < 0 && volume)
		(void)ubi_renew(fd, 0);
	else if (r < 0)
		(void)write_head(fd, -EBADF, 0);
	return r;
}
