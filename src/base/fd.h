/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * File descriptors that close themselves, and whole reads and writes over them.
 * A plain `int fd` parameter is borrowed; `__fd int` owns; TAKE_FD() hands ownership on.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* Closes @fd if it is one; errno and errors are left alone (close is never retried). */
void fd_close(int fd);

/* Where the compiler knows that there is none, no call: less code in every function that hands one on. */
static inline __attribute__((always_inline)) void fd_close_scope(int *fd)
{
	if (!__builtin_constant_p(*fd >= 0) || *fd >= 0)
		fd_close(*fd);
}

#define __fd __attribute__((cleanup(fd_close_scope)))

static inline int fd_take(int *fd)
{
	int taken = *fd;

	*fd = -EBADF;
	return taken;
}

#define TAKE_FD(fd) fd_take(&(fd))

/* Reads @size bytes at @offset. 0, or -EIO when the file ends before, or the read's -errno. */
int fd_pread_all(int fd, void *buf, size_t size, uint64_t offset);

/* The same, of what the medium holds and not what the page cache thinks it does: flushed before,
 * and @buf aligned as direct reads want it. */
int fd_pread_medium(int fd, void *buf, size_t size, uint64_t offset);

/* Writes all of @buf at the descriptor's position. 0 or -errno. */
int fd_write_all(int fd, const void *buf, size_t size);

/* Writes all of @buf at @offset. 0 or -errno. */
int fd_pwrite_all(int fd, const void *buf, size_t size, uint64_t offset);

/* A long file, written from its start to its end: called with @window bytes more at @at each time, has
 * the kernel start on these, then waits for those before and lets go of their pages. The disk is never
 * idle, nor is memory full of what it has yet to write. 0 or -errno, and an error told here is not told
 * again by fsync. */
int fd_write_behind(int fd, uint64_t at, uint64_t window);

/* Copies what is left of @from, at most @most bytes, to where @to stands. Returns how many
 * bytes that were, or -errno. */
int64_t fd_copy(int from, int to, uint64_t most);

/* Reads a whole small file, at most @size bytes. Returns its length;
 * -EFBIG when there is more, or -errno. Does not end the text with NUL. */
ssize_t fd_read_file(int fd, void *buf, size_t size);
