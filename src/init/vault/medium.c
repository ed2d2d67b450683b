/* SPDX-License-Identifier: Apache-2.0 */
#include "init/vault/medium.h"

#include <errno.h>
#include <fcntl.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/sys.h"
#include "block/find.h"
#include "store/vault.h"

static int open_partition(struct medium *medium, const struct policy *policy,
			  struct err *err)
{
	const struct backing *backing;
	int r;
	__fd int found = find_device(policy->encrypted, policy->store_timeout_s * 1000,
				     medium->path, err);

	if (found < 0)
		return found;
	medium->fd = sys_openat(AT_FDCWD, medium->path, O_RDWR | O_CLOEXEC, 0);
	r = medium->fd < 0 ? medium->fd : backing_of_named(medium->fd, &backing);
	if (r == 0)
		r = backing->size(medium->fd, &medium->size_bytes);
	medium->size_bytes &= ~(uint64_t)4095;
	return r < 0 ? err_errno(err, r, "%s", medium->path) : 0;
}

int medium_open(struct medium *medium, const struct policy *policy, const char *store,
		const char *target, struct err *err)
{
	const struct medium_file file = {
		.store = store,
		.target = target,
		.name = VAULT_FILE,
		.unfinished = VAULT_FILE ".new",
		.least_bytes = VAULT_LEAST,
		.size_bytes = policy->encrypted_bytes,
	};
	char size[16];
	int r;

	*medium = (struct medium){ .fd = -EBADF, .loop = -EBADF };
	r = policy->encrypted[0] ? open_partition(medium, policy, err)
				 : medium_file_open(medium, &file, err);
	if (r == 0 && policy->encrypted[0] && medium->size_bytes < POLICY_ENCRYPTED_LEAST)
		return err_set(err, -ENOSPC, "%s is too small",
			       str_size(medium->size_bytes, size));
	return r;
}

int medium_grow(struct medium *medium, const struct policy *policy, struct err *err)
{
	return policy->encrypted[0]
		       ? 0
		       : medium_file_grow(medium, policy->encrypted_bytes, err);
}
