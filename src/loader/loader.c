/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/loader.h"

#include <errno.h>
#include <stdio.h>

#include "base/fd.h"
#include "block/find.h"

static const struct loader_ops *const kinds[] = {
	[POLICY_LOADER_SECTOR] = &loader_sector,
	[POLICY_LOADER_GRUBENV] = &loader_grubenv,
	[POLICY_LOADER_HELPER] = NULL,
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
		(void)snprintf(ret_loader->path, sizeof(ret_loader->path), "%s", arg);
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
