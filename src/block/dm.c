/* SPDX-License-Identifier: Apache-2.0 */
#include "block/dm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/sys.h"
#include "block/dm-call.h"
#include "format/verity.h"

#define TARGET "dm-verity"

int dm_probe(struct err *err)
{
	__fd int control = dm_call_open(err);
	struct dm_request request;
	int r;

	if (control < 0)
		return control;
	dm_call_init(&request, "verity", 0);
	r = sys_ioctl(control, DM_GET_TARGET_VERSION, &request);
	if (r == -EINVAL)
		return err_set(err, -ENOTSUP,
			       "no dm-verity in this kernel (CONFIG_DM_VERITY)");
	if (r < 0)
		return err_errno(err, r, "dm-verity: DM_GET_TARGET_VERSION");
	return 0;
}

static int load_table(int control, const struct dm_verity *verity, bool panic,
		      struct err *err)
{
	uint64_t blocks = verity->data_bytes / VERITY_BLOCK;
	struct dm_request request;
	char root[DIGEST_HEX_SIZE];
	struct str text;
	int r;

	dm_call_init(&request, verity->name, DM_READONLY_FLAG);
	digest_hex(verity->root, root);
	str_init(&text, request.text, sizeof(request.text));
	/* no salt; the tree is behind the superblock's block, which the kernel never
	 * reads */
	str_addf(&text, "1 %s %s %d %d %llu %llu sha256 %s -%s", verity->device,
		 verity->device, VERITY_BLOCK, VERITY_BLOCK, (unsigned long long)blocks,
		 (unsigned long long)blocks + 1, root,
		 panic ? " 1 panic_on_corruption" : "");
	if (str_done(&text) < 0)
		return err_set(err, -ENAMETOOLONG, "%s: name too long", verity->device);
	r = dm_call_load(control, TARGET, &request, verity->data_bytes);
	if (r == -ENOENT)
		return err_set(err, -ENOTSUP,
			       "dm-verity: the kernel has no sha256 "
			       "(CONFIG_CRYPTO_SHA256)");
	if (r < 0)
		return err_errno(err, r, "dm-verity: DM_TABLE_LOAD over %s",
				 verity->device);
	return 0;
}

/* Loads the table and puts it in place of the one before, if any. */
static int set_table(int control, const struct dm_verity *verity, bool panic,
		     struct err *err)
{
	int r = load_table(control, verity, panic, err);

	if (r < 0)
		return r;
	return dm_call_resume(control, TARGET, verity->name, err);
}

static int read_blocks(int device, uint64_t end)
{
	static _Alignas(VERITY_BLOCK) uint8_t bytes[64 * 1024];
	int r = 0;

	for (uint64_t at = 0; r == 0 && at < end; at += sizeof(bytes)) {
		uint64_t left = end - at;

		r = fd_pread_all(device, bytes,
				 left < sizeof(bytes) ? (size_t)left : sizeof(bytes), at);
	}
	return r;
}

/* A corrupt device is mapped happily: only a read tells, and then the target's status. What
 * the read said, @read_r and @why, comes after that. */
static int vouch(int control, const struct dm_verity *verity, int read_r,
		 const struct err *why, struct err *err)
{
	struct dm_request request;
	int r;

	dm_call_init(&request, verity->name, DM_NOFLUSH_FLAG);
	r = sys_ioctl(control, DM_TABLE_STATUS, &request);
	if (r < 0)
		return err_errno(err, r, "dm-verity: DM_TABLE_STATUS");
	if (request.head.target_count == 1 && request.text[0] == 'C')
		return err_set(err, -EBADMSG, "verity: %s",
			       verity->whole ? "a block is corrupt"
					     : "root hash does not match");
	if (read_r < 0)
		return err_set(err, read_r, "%s", why->text);
	if (request.head.target_count != 1 || request.text[0] != 'V')
		return err_set(err, -EBADMSG, "verity: the kernel does not vouch for %s",
			       verity->device);
	return 0;
}

/* Direct reads: through the page cache blocks would be read ahead, hashed, and never looked
 * at. */
static int prove(int control, const char *path, const struct dm_verity *verity,
		 struct err *err)
{
	__fd int device = sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECT | O_CLOEXEC, 0);
	struct err why = ERR_INIT;
	int r;

	if (device < 0)
		return err_errno(err, device, "%s", path);
	r = read_blocks(device, verity->whole ? verity->data_bytes : VERITY_BLOCK);
	if (r < 0)
		(void)err_errno(&why, r, "verity: reading %s", verity->device);
	r = vouch(control, verity, r, &why, err);
	return r < 0 ? r : TAKE_FD(device);
}

/* Activates the mapping @minor, and has it used. */
static int activate(int control, unsigned int minor, const struct dm_verity *verity,
		    struct err *err)
{
	struct err why = ERR_INIT;
	__fd int device = -EBADF;
	char path[DM_PATH_SIZE];
	int r;

	r = set_table(control, verity, verity->panic && !verity->whole, err);
	if (r < 0)
		return r;
	(void)snprintf(path, DM_PATH_SIZE, "/dev/dm-%u", minor);
	if (verity->whole) {
		device = prove(control, path, verity, err);
		r = device < 0 ? device : set_table(control, verity, verity->panic, err);
	}
	if (r < 0)
		return r;
	/* its first read is as good as one of ours: nothing unverified gets to it */
	r = verity->use(verity->context, path, &why);
	r = vouch(control, verity, r, &why, err);
	/* used as it is, this only marks it: the mapping goes when its last user does */
	return r < 0 ? r : dm_call_remove(control, TARGET, verity->name, err);
}

int dm_verity_use(const struct dm_verity *verity, struct err *err)
{
	__fd int control = dm_call_open(err);
	unsigned int minor;
	int r;

	if (control < 0)
		return control;
	if (verity->data_bytes == 0 || verity->data_bytes % VERITY_BLOCK)
		return err_set(err, -EINVAL, "verity: %llu bytes are not whole blocks",
			       (unsigned long long)verity->data_bytes);
	r = dm_call_create(control, TARGET, verity->name, &minor, err);
	if (r < 0)
		return r;
	r = activate(control, minor, verity, err);
	if (r < 0)
		(void)dm_call_remove(control, TARGET, verity->name, NULL);
	return r;
}
