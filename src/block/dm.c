/* SPDX-License-Identifier: Apache-2.0 */
#include "block/dm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/sys.h"
#include "format/verity.h"

/* A target's line is 230 bytes with two long device names; its status is one letter. */
#define DM_ROOM 512
#define DM_PATH_SIZE 32

struct dm_request {
	struct dm_ioctl head;
	struct dm_target_spec spec;
	char text[DM_ROOM];
};

static void request_init(struct dm_request *request, const char *name, uint32_t flags)
{
	memset(request, 0, sizeof(*request));
	/* The oldest version that has all we use: the kernel refuses newer ones than its
	 * own. */
	request->head.version[0] = DM_VERSION_MAJOR;
	request->head.data_size = sizeof(*request);
	request->head.data_start = sizeof(request->head);
	request->head.flags = flags;
	(void)snprintf(request->head.name, sizeof(request->head.name), "%s", name);
}

static int open_control(struct err *err)
{
	int fd = sys_openat(AT_FDCWD, "/dev/mapper/control", O_RDWR | O_CLOEXEC, 0);

	if (fd == -ENOENT)
		return err_set(err, -ENOTSUP,
			       "no device-mapper in this kernel "
			       "(CONFIG_BLK_DEV_DM): no /dev/mapper/control");
	if (fd < 0)
		return err_errno(err, fd, "/dev/mapper/control");
	return fd;
}

int dm_probe(struct err *err)
{
	__fd int control = open_control(err);
	struct dm_request request;
	int r;

	if (control < 0)
		return control;
	request_init(&request, "verity", 0);
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

	request_init(&request, verity->name, DM_READONLY_FLAG);
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
	(void)snprintf(request.spec.target_type, sizeof(request.spec.target_type),
		       "verity");
	request.spec.length = verity->data_bytes / 512;
	request.spec.next = sizeof(request.spec) + sizeof(request.text);
	request.head.target_count = 1;
	r = sys_ioctl(control, DM_TABLE_LOAD, &request);
	if (r == -ENOENT)
		return err_set(err, -ENOTSUP,
			       "dm-verity: the kernel has no sha256 "
			       "(CONFIG_CRYPTO_SHA256)");
	if (r < 0)
		return err_errno(err, r, "dm-verity: DM_TABLE_LOAD over %s",
				 verity->device);
	return 0;
}

static int simple_call(int control, const char *name, unsigned long call,
		       const char *what, uint32_t flags, struct err *err)
{
	struct dm_request request;
	int r;

	request_init(&request, name, flags);
	r = sys_ioctl(control, call, &request);
	if (r < 0)
		return err_errno(err, r, "dm-verity: %s", what);
	return 0;
}

/* Loads the table and puts it in place of the one before, if any. */
static int set_table(int control, const struct dm_verity *verity, bool panic,
		     struct err *err)
{
	int r = load_table(control, verity, panic, err);

	if (r < 0)
		return r;
	/* no DM_SUSPEND_FLAG: this resumes */
	return simple_call(control, verity->name, DM_DEV_SUSPEND, "DM_DEV_SUSPEND", 0,
			   err);
}

/* With DM_DEFERRED_REMOVE the kernel waits for the last user where there still is one. */
static int remove_mapping(int control, const char *name, struct err *err)
{
	return simple_call(control, name, DM_DEV_REMOVE, "DM_DEV_REMOVE",
			   DM_DEFERRED_REMOVE, err);
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

	request_init(&request, verity->name, DM_NOFLUSH_FLAG);
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
	return r < 0 ? r : remove_mapping(control, verity->name, err);
}

int dm_verity_use(const struct dm_verity *verity, struct err *err)
{
	__fd int control = open_control(err);
	struct dm_request request;
	int r;

	if (control < 0)
		return control;
	if (strlen(verity->name) >= sizeof(request.head.name))
		return err_set(err, -ENAMETOOLONG, "%s: name too long", verity->name);
	if (verity->data_bytes == 0 || verity->data_bytes % VERITY_BLOCK)
		return err_set(err, -EINVAL, "verity: %llu bytes are not whole blocks",
			       (unsigned long long)verity->data_bytes);
	request_init(&request, verity->name, 0);
	r = sys_ioctl(control, DM_DEV_CREATE, &request);
	if (r == -EBUSY)
		return err_set(err, -EEXIST, "dm-verity: %s is mapped already",
			       verity->name);
	if (r < 0)
		return err_errno(err, r, "dm-verity: DM_DEV_CREATE %s", verity->name);
	/* the kernel's huge_encode_dev() */
	r = activate(control,
		     (unsigned int)((request.head.dev & 0xff) |
				    (request.head.dev >> 12 & 0xfff00)),
		     verity, err);
	if (r < 0)
		(void)remove_mapping(control, verity->name, NULL);
	return r;
}
