/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/erase.h"

#include <errno.h>
#include <fcntl.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "block/find.h"
#include "store/vault.h"

int erase_encrypted(const struct ctl *ctl, int store, struct err *err)
{
	const struct policy *policy = &ctl->settings.policy;
	char path[BACKING_PATH_SIZE];
	__fd int fd = -EBADF;
	int r;

	if (!policy->secret[0])
		return 0;
	if (policy->encrypted[0]) {
		fd = find_device(policy->encrypted, 0, path, err);
		if (fd < 0)
			return fd;
		fd_close(fd);
		fd = sys_openat(AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
	} else {
		fd = path_open_own(store, VAULT_FILE, O_RDWR, 0);
		if (fd == -ENOENT)
			return 0;
		/* one that was cut off, so that there is a head to read */
		(void)sys_fallocate(fd, 0, 0, VAULT_LEAST);
	}
	r = fd < 0 ? fd : vault_erase(fd);
	return r < 0 ? err_errno(err, r, VAULT_FILE) : 0;
}
