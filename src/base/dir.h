/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Reading a directory without opendir(): no allocation, any open descriptor. */
#include <dirent.h>
#include <stddef.h>

struct dir {
	int fd; /* borrowed; open for reading, at its start */
	size_t at, end;
	_Alignas(8) char buf[1024];
};

void dir_init(struct dir *dir, int fd);

/* The next entry but "." and ".."; it stays valid until the next call.
 * 1, 0 at the end, or -errno. */
int dir_next(struct dir *dir, const struct dirent **ret_entry);
