/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <unistd.h>

#include "base/fd.h"
#include "pack/import/squash/parts.h"

static int keep_error(struct squash_file *file, int r)
{
	if (r == 0)
		return 0;
	if (file->error == 0)
		file->error = r;
	return SQFS_ERROR_IO;
}

static int read_at(sqfs_file_t *base, sqfs_u64 offset, void *buffer, size_t size)
{
	struct squash_file *file = (struct squash_file *)base;

	return keep_error(file, fd_pread_all(file->fd, buffer, size, offset));
}

static int write_at(sqfs_file_t *base, sqfs_u64 offset, const void *buffer, size_t size)
{
	struct squash_file *file = (struct squash_file *)base;
	int r = keep_error(file, fd_pwrite_all(file->fd, buffer, size, offset));

	if (r == 0 && offset + size > file->size_bytes)
		file->size_bytes = offset + size;
	return r;
}

static sqfs_u64 get_size(const sqfs_file_t *base)
{
	return ((const struct squash_file *)base)->size_bytes;
}

static int truncate_to(sqfs_file_t *base, sqfs_u64 size)
{
	struct squash_file *file = (struct squash_file *)base;

	file->size_bytes = size;
	return keep_error(file, ftruncate(file->fd, (off_t)size) < 0 ? -errno : 0);
}

static void destroy(sqfs_object_t *object)
{
	(void)object; /* the caller's memory and descriptor */
}

void squash_file_init(struct squash_file *file, int fd)
{
	*file = (struct squash_file){
		.base = {
			.base = { .destroy = destroy },
			.read_at = read_at,
			.write_at = write_at,
			.get_size = get_size,
			.truncate = truncate_to,
		},
		.fd = fd,
	};
}
