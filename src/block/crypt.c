/* SPDX-License-Identifier: Apache-2.0 */
#include "block/crypt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/sys.h"
#include "block/dm-call.h"

#define TARGET "dm-crypt"
#define CIPHER "aes-xts-plain64"

static int load(int control, const struct crypt *crypt, struct err *err)
{
	struct dm_request request;
	char key[2 * CRYPT_KEY_SIZE + 1];
	struct str text;
	int r;

	/* the kernel wipes its copy */
	dm_call_init(&request, crypt->name, DM_SECURE_DATA_FLAG);
	str_hex_encode(crypt->key, CRYPT_KEY_SIZE, key);
	str_init(&text, request.text, sizeof(request.text));
	str_addf(&text, CIPHER " %s 0 %s %llu 1 sector_size:%d", key, crypt->device,
		 (unsigned long long)crypt->at_bytes / 512, CRYPT_SECTOR);
	r = str_done(&text);
	if (r == 0)
		r = dm_call_load(control, TARGET, &request, crypt->size_bytes);
	explicit_bzero(&request, sizeof(request));
	explicit_bzero(key, sizeof(key));
	if (r == -ENOENT)
		return err_set(err, -ENOTSUP,
			       TARGET ": the kernel has no " CIPHER
				      " (CONFIG_CRYPTO_AES, CONFIG_CRYPTO_XTS)");
	if (r == -EINVAL)
		return err_set(err, -ENOTSUP,
			       TARGET ": %s: not in this kernel (CONFIG_DM_CRYPT), or "
				      "smaller than it says",
			       crypt->device);
	return r < 0 ? err_errno(err, r, TARGET ": DM_TABLE_LOAD over %s", crypt->device)
		     : 0;
}

int crypt_open(const struct crypt *crypt, char ret_path[CRYPT_PATH_SIZE], struct err *err)
{
	__fd int control = dm_call_open(err);
	__fd int fd = -EBADF;
	unsigned int minor = 0;
	int r, removed;

	if (control < 0)
		return control;
	r = dm_call_create(control, TARGET, crypt->name, &minor, err);
	if (r < 0)
		return r;
	r = load(control, crypt, err);
	if (r == 0)
		r = dm_call_resume(control, TARGET, crypt->name, err);
	if (r == 0) {
		(void)snprintf(ret_path, CRYPT_PATH_SIZE, "/dev/dm-%u", minor);
		fd = sys_openat(AT_FDCWD, ret_path, O_RDWR | O_CLOEXEC, 0);
		r = fd < 0 ? err_errno(err, fd, "%s", ret_path) : 0;
	}
	/* in use, this only marks it */
	removed = dm_call_remove(control, TARGET, crypt->name, r < 0 ? NULL : err);
	if (removed < 0)
		(void)dm_call_remove(control, TARGET, crypt->name, NULL);
	if (r == 0)
		r = removed;
	return r < 0 ? r : TAKE_FD(fd);
}
