/* SPDX-License-Identifier: Apache-2.0 */
#include "base/dir.h"

#include <string.h>

#include "base/sys.h"

void dir_init(struct dir *dir, int fd)
{
	dir->fd = fd;
	dir->at = 0;
	dir->end = 0;
}

int dir_next(struct dir *dir, const struct dirent **ret_entry)
{
	for (;;) {
		if (dir->at == dir->end) {
			int n = sys_getdents64(dir->fd, dir->buf, sizeof(dir->buf));

			if (n <= 0)
				return n;
			dir->at = 0;
			dir->end = (size_t)n;
		}
		/* with 64-bit file offsets this is the kernel's linux_dirent64 in every
		 * libc */
		const void *at = dir->buf + dir->at;
		const struct dirent *entry = at;

		dir->at += entry->d_reclen;
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
			*ret_entry = entry;
			return 1;
		}
	}
}
