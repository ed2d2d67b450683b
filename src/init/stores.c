/* SPDX-License-Identifier: Apache-2.0 */
#include "init/stores.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>

#include "base/fd.h"
#include "base/sys.h"
#include "block/find.h"
#include "init/pid1/console.h"
#include "init/stage.h"
#include "init/timeline.h"
#include "stack/mount.h"
#include "store/store.h"

static char store_path[64], state_path[64];

static int mount_device(const struct policy *policy, const char *source, const char *type,
			const char *target, char path[64], struct err *err)
{
	const unsigned int attrs = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
				   MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	uint64_t start_us = timeline_now();
	__fd int device = find_device(source, policy->store_timeout_s * 1000, path, err);
	int r;

	timeline_add(start_us, "find store");
	if (device < 0)
		return device;
	r = sys_mkdirat(AT_FDCWD, target, 0755);
	if (r < 0 && r != -EEXIST)
		return err_errno(err, r, "%s", target);
	start_us = timeline_now();
	r = mount_new(type, path, "ro", attrs, target, err);
	timeline_add(start_us, "mount store");
	return r < 0 ? r : store_open(target, err);
}

int stores_open(const struct policy *policy, struct err *err)
{
	int r = mount_device(policy, policy->store, policy->store_type, STAGE_STORE,
			     store_path, err);

	return r < 0 ? err_wrap(err, r, "store %s", policy->store) : r;
}

#ifdef CONFIG_LAMINA_UPDATE
int stores_open_factory(const struct policy *policy, struct err *err)
{
	char path[64];
	int r;

	if (policy_factory_in_initramfs(policy))
		r = store_open(policy->factory, err);
	else
		r = mount_device(policy, policy->factory, policy->factory_type,
				 STAGE_FACTORY, path, err);
	return r < 0 ? err_wrap(err, r, "factory %s", policy->factory) : r;
}

int stores_find_state(const struct policy *policy, const char **ret_path, struct err *err)
{
	__fd int device = -EBADF;

	*ret_path = NULL;
	if (!policy->state[0])
		return 0;
	device = find_device(policy->state, policy->store_timeout_s * 1000, state_path,
			     err);
	if (device < 0)
		return err_wrap(err, device, "state");
	*ret_path = state_path;
	return 0;
}

/* A twin of the store brings a record of its own. */
int stores_check_state(const struct policy *policy, struct err *err)
{
	int r = policy->state[0] ? find_twin(policy->state, state_path, err)
				 : find_twin(policy->store, store_path, err);

	return r < 0 ? err_wrap(err, r, "%s", policy->state[0] ? "state" : "store") : 0;
}

int stores_writable(bool writable, struct err *err)
{
	int r = sys_mount(NULL, STAGE_STORE, NULL,
			  MS_REMOUNT | MS_NOSUID | MS_NODEV | MS_NOEXEC |
				  (writable ? 0 : MS_RDONLY),
			  NULL);

	return r < 0 ? err_errno(err, r, "store: making it %s",
				 writable ? "writable" : "read-only")
		     : 0;
}
#endif
