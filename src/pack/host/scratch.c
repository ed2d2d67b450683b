/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/host/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int scratch_open(struct err *err)
{
	const char *dir = getenv("TMPDIR");
	char path[4096];
	int fd;

	if (!dir || !*dir)
		dir = "/var/tmp";
	if ((size_t)snprintf(path, sizeof(path), "%s/lamina-XXXXXX", dir) >= sizeof(path))
		return err_errno(err, -ENAMETOOLONG, "%s", dir);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, -errno, "temporary file in %s", dir);
	(void)unlink(path);
	return fd;
}
