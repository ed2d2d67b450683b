/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Opening names below a directory, by two verbs only. A path is (dirfd, relative name); when
 * the kernel wants a string, path_of_fd() names the open file itself.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/err.h"

/* Room for "/proc/self/fd/N". */
#define PATH_FD_SIZE 32

/* Writes "/proc/self/fd/@fd" to @buf of PATH_FD_SIZE bytes and returns @buf. Needs /proc. */
const char *path_of_fd(char *buf, int fd);

/*
 * For trees that Lamina wrote (the store, the initramfs): no symbolic link anywhere in @rel, no
 * mount crossed, nothing above @dirfd. Always O_CLOEXEC|O_NOFOLLOW|O_NONBLOCK, so that a fifo
 * or a device planted there can't hang us. Returns an fd the caller owns, or -errno
 * (-ELOOP: a link; -EXDEV: out of the tree).
 */
int path_open_own(int dirfd, const char *rel, int flags, mode_t mode);

/* As path_open_own() for reading, and refuses what isn't a regular file: -ELOOP for a link,
 * -EISDIR for a directory, -EINVAL for the rest. @ret_size in bytes, may be NULL. */
int path_open_own_file(int dirfd, const char *rel, uint64_t *ret_size, struct err *err);

/* Writes @text as all of the file @rel, of mode 0644 where it is new. Not for what has to
 * outlast a power cut. 0 or -errno. */
int path_write_own(int dirfd, const char *rel, const char *text, size_t size);

/* Are they of one file? */
static inline bool path_is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Renames @name of @from to @new_name of @to, in place of a file there, and has that on the
 * medium. What is moved was flushed before. 0 or -errno. */
int path_move(int from, const char *name, int to, const char *new_name);

/*
 * For trees that somebody else filled (a container's root): links resolve inside, absolute ones
 * and ".." end at @dirfd. Always O_CLOEXEC. Returns an fd the caller owns, or -errno.
 */
int path_open_in(int dirfd, const char *rel, int flags);

/* Makes @rel and its missing parents as directories of @mode (less the umask) below @dirfd,
 * resolving as path_open_in(). Returns an O_PATH fd of the last one, or -errno: -ENOTDIR where
 * something else is in the way, -EEXIST where a link points nowhere. */
int path_make_dirs_in(int dirfd, const char *rel, mode_t mode);
