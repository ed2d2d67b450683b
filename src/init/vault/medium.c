/* SPDX-License-Identifier: Apache-2.0 */
#include "init/vault/medium.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "block/find.h"
#include "block/loop.h"
#include "store/store.h"
#include "store/vault.h"

/* Its bytes are written as they are read: no longer file is one of ours. */
static int lengthen(struct medium *medium, uint64_t size_bytes, struct err *err)
{
	struct stat st;
	int r = sys_fstat(medium->fd, &st);

	if (r == 0 && !S_ISREG(st.st_mode))
		r = -EINVAL;
	if (r < 0)
		return err_errno(err, r, VAULT_FILE);
	medium->size_bytes = (uint64_t)st.st_size & ~(uint64_t)4095;
	if (medium->size_bytes >= size_bytes)
		return 0;
	r = sys_fallocate(medium->fd, 0, 0, (int64_t)size_bytes);
	if (r == 0)
		r = sys_fsync(medium->fd);
	medium->size_bytes = size_bytes;
	return r < 0 ? err_errno(err, r, "making it") : 0;
}

static int open_file(struct medium *medium, uint64_t size_bytes, const char *store,
		     const char *target, struct err *err)
{
	int r = sys_mkdirat(AT_FDCWD, target, 0700);
	__fd int dir = -EBADF;

	if (r == 0 || r == -EEXIST)
		r = sys_mount(store, target, NULL, MS_BIND, NULL);
	if (r < 0)
		return err_errno(err, r, "%s", target);
	dir = store_open(target, err);
	if (dir >= 0)
		medium->fd = path_open_own(dir, VAULT_FILE, O_RDWR | O_CREAT, 0600);
	/* the file's mount stays as long as that is open */
	r = sys_umount2(target, MNT_DETACH);
	if (dir < 0)
		return dir;
	if (medium->fd < 0 || r < 0)
		return err_errno(err, medium->fd < 0 ? medium->fd : r, VAULT_FILE);
	r = lengthen(medium, size_bytes, err);
	if (r == 0)
		r = medium->loop = loop_open_writable(medium->fd, medium->size_bytes,
						      medium->path, err);
	return r < 0 ? r : 0;
}

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
	char size[16];
	int r;

	*medium = (struct medium){ .fd = -EBADF, .loop = -EBADF };
	r = policy->encrypted[0]
		    ? open_partition(medium, policy, err)
		    : open_file(medium, policy->encrypted_bytes, store, target, err);
	if (r == 0 && medium->size_bytes < POLICY_ENCRYPTED_LEAST)
		return err_set(err, -ENOSPC, "%s is too small",
			       str_size(medium->size_bytes, size));
	return r;
}

void medium_close(struct medium *medium)
{
	fd_close(fd_take(&medium->fd));
	fd_close(fd_take(&medium->loop));
}
