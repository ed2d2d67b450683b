/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/device/bootblob/workshop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "pack/host/scratch.h"

int workshop_open(struct workshop *workshop, struct err *err)
{
	workshop->path = NULL;
	return scratch_make_directory("boot", &workshop->path, err);
}

char *workshop_path(const struct workshop *workshop, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", workshop->path, name) < 0 ? NULL : path;
}

int workshop_put(const struct workshop *workshop, const char *name, const void *bytes,
		 size_t size, struct err *err)
{
	char *path = workshop_path(workshop, name);
	__fd int fd =
		path ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -EBADF;
	int r = path ? 0 : -ENOMEM;

	if (r == 0)
		r = fd < 0 ? -errno : fd_write_all(fd, bytes, size);
	free(path);
	return r < 0 ? err_errno(err, r, "temporary file %s", name) : 0;
}

int workshop_link(const struct workshop *workshop, const char *name, const char *path,
		  struct err *err)
{
	char *whole = realpath(path, NULL), *link = workshop_path(workshop, name);
	int r = whole ? 0 : -errno;

	if (r == 0)
		r = !link ? -ENOMEM : symlink(whole, link) < 0 ? -errno : 0;
	free(whole);
	free(link);
	return r < 0 ? err_errno(err, r, "%s", path) : 0;
}

int workshop_take(const struct workshop *workshop, const char *name,
		  struct bootblob_file *ret_file, struct err *err)
{
	char *path = workshop_path(workshop, name);
	int r = path ? bootblob_read(path, ret_file, err)
		     : err_errno(err, -ENOMEM, "%s", name);

	free(path);
	return r;
}

void workshop_done(struct workshop *workshop)
{
	DIR *dir = workshop->path ? opendir(workshop->path) : NULL;
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		(void)unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		(void)closedir(dir);
	if (workshop->path)
		(void)rmdir(workshop->path);
	free(workshop->path);
	workshop->path = NULL;
}
