/* SPDX-License-Identifier: Apache-2.0 */
#include "store/settings.h"

#include <errno.h>
#include <fcntl.h>

#include "base/fd.h"
#include "base/page.h"
#include "base/sys.h"
#include "trust/key.h"

/* Of one file at a time; what is read of it is a copy. */
static PAGE_ALIGNED char text[KEYRING_MAX_SIZE];

static ssize_t read_file(const char *path, char *buf, size_t size, struct err *err)
{
	__fd int fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
	ssize_t used;

	if (fd < 0)
		return err_errno(err, fd, "%s", path);
	used = fd_read_file(fd, buf, size);
	if (used < 0)
		return err_errno(err, (int)used, "%s", path);
	return used;
}

int settings_read_policy(const char *path, struct policy *ret_policy, struct err *err)
{
	ssize_t size = read_file(path, text, POLICY_MAX_SIZE, err);
	int r;

	if (size < 0)
		return (int)size;
	r = policy_parse(text, (size_t)size, ret_policy, err);
	return r < 0 ? err_wrap(err, r, "%s", path) : 0;
}

int settings_read_keyring(const char *path, uint32_t threshold,
			  struct keyring *ret_keyring, struct err *err)
{
	ssize_t size = read_file(path, text, KEYRING_MAX_SIZE, err);
	int r;

	if (size < 0)
		return (int)size;
	r = keyring_parse(text, (size_t)size, ret_keyring, err);
	page_give_back(text, sizeof(text));
	if (r == 0)
		r = key_check_ring(ret_keyring, err);
	if (r == 0 && threshold > ret_keyring->count)
		r = err_set(err, -EINVAL, "the policy asks for %u keys, here are %u",
			    (unsigned int)threshold, (unsigned int)ret_keyring->count);
	return r < 0 ? err_wrap(err, r, "%s", path) : 0;
}

int settings_read_boot(const char *path, char ret_id[BOOT_ID_SIZE], struct err *err)
{
	char bytes[BOOT_ID_SIZE + 1];
	ssize_t size = read_file(path, bytes, sizeof(bytes), err);
	int r;

	ret_id[0] = '\0';
	if (size == -ENOENT)
		return 0;
	if (size < 0)
		return (int)size;
	r = boot_id_parse(bytes, (size_t)size, ret_id, err);
	return r < 0 ? err_wrap(err, r, "%s", path) : 0;
}
