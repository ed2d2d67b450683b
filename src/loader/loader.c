/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/fd.h"
#include "base/sys.h"
#include "block/find.h"

/* The initramfs is gone: init has left a copy. What an image has by that path is another's. */
#define HELPER "/run/lamina/bin/boot-helper"

static const struct loader_ops *const kinds[] = {
	[POLICY_LOADER_SECTOR] = &loader_sector,
	[POLICY_LOADER_GRUBENV] = &loader_grubenv,
#ifdef CONFIG_LAMINA_LOADER_EFI
	[POLICY_LOADER_EFI] = &loader_efi,
#endif
#ifdef CONFIG_LAMINA_LOADER_RPI
	[POLICY_LOADER_RPI] = &loader_rpi,
#endif
#ifdef CONFIG_LAMINA_LOADER_HELPER
	[POLICY_LOADER_HELPER] = &loader_helper,
#else
	[POLICY_LOADER_HELPER] = NULL,
#endif
};

static int find(const char *source, char ret_path[BACKING_PATH_SIZE], struct err *err)
{
	__fd int fd = find_device(source, 0, ret_path, err);

	return fd < 0 ? fd : 0;
}

int loader_open(const struct policy *policy, struct loader *ret_loader, struct err *err)
{
	const char *arg = policy->boot_loader_arg;
	int r = 0;

	*ret_loader = (struct loader){ .ops = kinds[policy->boot_loader] };
	if (!ret_loader->ops)
		return err_set(err, -ENOTSUP, "this build knows no such boot-loader");
	if (policy->boot_loader == POLICY_LOADER_HELPER)
		(void)snprintf(ret_loader->path, sizeof(ret_loader->path), HELPER);
	else if (arg[0])
		r = find(arg, ret_loader->path, err);
	for (size_t i = 0; r == 0 && i < BOOT_SLOTS; i++)
		r = find(policy->boot_slots[i], ret_loader->slots[i], err);
	return r;
}

int loader_read(const struct loader *loader, struct loader_words *ret_words,
		struct err *err)
{
	int r = loader->ops->read(loader, ret_words, err);

	return r < 0 ? err_wrap(err, r, "boot loader") : 0;
}

int loader_write(const struct loader *loader, enum boot_slot usual, enum boot_slot once,
		 struct err *err)
{
	int r = loader->ops->write(loader, &(struct loader_words){ usual, once }, err);

	return r < 0 ? err_wrap(err, r, "boot loader") : 0;
}

int loader_slot(const struct loader *loader, size_t i, struct device *ret_device,
		struct gpt_entry *ret_entry, struct err *err)
{
	const char *path = loader->slots[i];
	__fd int sysfs = sys_openat(AT_FDCWD, "/sys/class/block",
				    O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	int r = sysfs < 0 ? sysfs : device_read(sysfs, path + sizeof("/dev"), ret_device);

	if (r >= 0)
		r = device_partition(ret_device, ret_entry);
	return r < 0 ? err_errno(err, r, "%s: its partition table", path) : 0;
}
