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
	char path[BACKING_PATH_SIZE] = VAULT_FILE;
	__fd int found = -EBADF;
	__fd int fd = -EBADF;

	if (!policy->secret[0])
		return 0;
	if (policy->encrypted[0]) {
		found = find_device(policy->encrypted, 0, path, err);
		if (found < 0)
			return found;
		fd = sys_openat(AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
	} else {
		fd = path_open_own(store, VAULT_FILE, O_RDWR, 0);
		if (fd == -ENOENT)
			return 0;
	}
	return fd < 0 ? err_errno(err, fd, "%s", path) : vault_erase(fd, err);
}
