/* SPDX-License-Identifier: Apache-2.0 */
#include "block/dm-call.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/sys.h"

void dm_call_init(struct dm_request *request, const char *name, uint32_t flags)
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

int dm_call_open(struct err *err)
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

int dm_call_create(int control, const char *target, const char *name,
		   unsigned int *ret_minor, struct err *err)
{
	struct dm_request request;
	int r;

	if (strlen(name) >= sizeof(request.head.name))
		return err_set(err, -ENAMETOOLONG, "%s: name too long", name);
	dm_call_init(&request, name, 0);
	r = sys_ioctl(control, DM_DEV_CREATE, &request);
	if (r == -EBUSY)
		return err_set(err, -EEXIST, "%s: %s is mapped already", target, name);
	if (r < 0)
		return err_errno(err, r, "%s: DM_DEV_CREATE %s", target, name);
	/* the kernel's huge_encode_dev() */
	*ret_minor = (unsigned int)((request.head.dev & 0xff) |
				    (request.head.dev >> 12 & 0xfff00));
	return 0;
}

int dm_call_load(int control, const char *target, struct dm_request *request,
		 uint64_t bytes)
{
	/* after "dm-", as the kernel has it */
	(void)snprintf(request->spec.target_type, sizeof(request->spec.target_type), "%s",
		       target + 3);
	request->spec.length = bytes / 512;
	request->spec.next = sizeof(request->spec) + sizeof(request->text);
	request->head.target_count = 1;
	return sys_ioctl(control, DM_TABLE_LOAD, request);
}

static int simple_call(int control, const char *target, const char *name,
		       unsigned long call, const char *what, uint32_t flags,
		       struct err *err)
{
	struct dm_request request;
	int r;

	dm_call_init(&request, name, flags);
	r = sys_ioctl(control, call, &request);
	if (r < 0)
		return err_errno(err, r, "%s: %s", target, what);
	return 0;
}

int dm_call_resume(int control, const char *target, const char *name, struct err *err)
{
	/* no DM_SUSPEND_FLAG: this resumes */
	return simple_call(control, target, name, DM_DEV_SUSPEND, "DM_DEV_SUSPEND", 0,
			   err);
}

int dm_call_remove(int control, const char *target, const char *name, struct err *err)
{
	return simple_call(control, target, name, DM_DEV_REMOVE, "DM_DEV_REMOVE",
			   DM_DEFERRED_REMOVE, err);
}
