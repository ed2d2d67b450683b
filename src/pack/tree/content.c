/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/tree/content.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"

void content_done(struct content *content)
{
	fd_close(content->fd);
	content->fd = -EBADF;
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* The kernel gives a file another ctime with each change of its bytes, mode or owner. */
static int check_stamp(int fd, const struct tree_inode *inode, struct err *err)
{
	const struct content_stamp *stamp = inode->stamp;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, -errno, "%s", inode->target);
	if (!S_ISREG(st.st_mode) || st.st_dev != stamp->dev || st.st_ino != stamp->ino ||
	    st.st_size != stamp->size_bytes || !same_time(&st.st_mtim, &stamp->mtime) ||
	    !same_time(&st.st_ctim, &stamp->ctime))
		return err_set(err, -EBUSY, "%s changed while it was read",
			       inode->target);
	return 0;
}

/* A file of a directory: still what it was when the tree was read? */
static int open_below(const struct tree_inode *inode, struct err *err)
{
	__fd int fd = path_open_in(inode->content->fd, inode->target,
				   O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	int r;

	if (fd < 0)
		return err_errno(err, fd, "%s", inode->target);
	r = check_stamp(fd, inode, err);
	return r < 0 ? r : TAKE_FD(fd);
}

int content_open(struct content_reader *ret_reader, const struct tree_inode *inode,
		 struct err *err)
{
	*ret_reader = (struct content_reader){ .inode = inode,
					       .fd = -EBADF,
					       .owned_fd = -EBADF };
	const struct tree_inode *of = inode->origin ? inode->origin : inode;

	if (inode->size_bytes == 0)
		return 0;
	ret_reader->store = of->store ? of->store : of->content->store;
	if (ret_reader->store)
		return ret_reader->store->open(ret_reader->store, inode,
					       &ret_reader->file, err);
	if (!inode->content->dir) {
		ret_reader->fd = inode->content->fd;
		return 0;
	}
	ret_reader->fd = ret_reader->owned_fd = open_below(inode, err);
	return ret_reader->fd < 0 ? ret_reader->fd : 0;
}

void content_close(struct content_reader *reader)
{
	if (reader->file)
		reader->store->close(reader->file);
	reader->file = NULL;
	fd_close(reader->owned_fd);
	reader->fd = reader->owned_fd = -EBADF;
}

/* The store knows of holes itself. */
static int read_store(struct content_reader *reader, void *buf, size_t size,
		      struct err *err)
{
	uint64_t left = reader->inode->size_bytes - reader->at;
	int r = size > left ? err_set(err, -EIO, "read past its end")
			    : reader->store->read(reader->store, reader->file, reader->at,
						  buf, size, err);

	reader->at += size;
	return r;
}

int content_read(struct content_reader *reader, void *buf, size_t size, struct err *err)
{
	const struct tree_inode *inode = reader->inode;
	char *to = buf;

	if (reader->store)
		return read_store(reader, buf, size, err);
	while (size) {
		bool last = reader->extent == inode->extent_count;
		const struct tree_extent *extent =
			last ? NULL : inode->extents + reader->extent;
		uint64_t limit = last ? inode->size_bytes : extent->offset;
		bool hole = last || reader->at < extent->offset;
		size_t count = size;
		int r;

		if (!hole)
			limit = extent->offset + extent->size;
		if (limit - reader->at < count)
			count = (size_t)(limit - reader->at);
		if (count == 0 && last)
			return err_set(err, -EIO, "read past its end");
		if (hole) {
			memset(to, 0, count);
		} else {
			r = fd_pread_all(reader->fd, to, count,
					 inode->content->offset + extent->at +
						 (reader->at - extent->offset));
			if (r < 0)
				return err_errno(err, r, "reading its content");
		}
		reader->at += count;
		to += count;
		size -= count;
		if (!hole && reader->at == limit)
			reader->extent++;
	}
	/* and when its last byte was read? */
	if (reader->owned_fd >= 0 && reader->at == inode->size_bytes)
		return check_stamp(reader->owned_fd, inode, err);
	return 0;
}
