/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/host/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *directory(void)
{
	const char *dir = getenv("TMPDIR");

	return dir && *dir ? dir : "/var/tmp";
}

int scratch_make_directory(const char *what, char **ret_path, struct err *err)
{
	const char *dir = directory();
	char *path;
	int r = 0;

	if (asprintf(&path, "%s/lamina-%s.XXXXXX", dir, what) < 0)
		return err_errno(err, -ENOMEM, "%s", dir);
	if (!mkdtemp(path))
		r = err_errno(err, -errno, "temporary directory in %s", dir);
	if (r < 0)
		free(path);
	else
		*ret_path = path;
	return r;
}

static int drop(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	(void)remove(path);
	return 0;
}

void scratch_drop_directory(char *path)
{
	(void)nftw(path, drop, 8, FTW_DEPTH | FTW_PHYS);
	free(path);
}

int scratch_open(struct err *err)
{
	const char *dir = directory();
	char path[4096];
	int fd;

	if ((size_t)snprintf(path, sizeof(path), "%s/lamina-XXXXXX", dir) >= sizeof(path))
		return err_errno(err, -ENAMETOOLONG, "%s", dir);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, -errno, "temporary file in %s", dir);
	(void)unlink(path);
	return fd;
}
