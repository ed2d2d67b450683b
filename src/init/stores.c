/* SPDX-License-Identifier: Apache-2.0 */
#include "init/stores.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/sys.h"
#include "block/find.h"
#include "init/pid1/console.h"
#include "init/stage.h"
#include "init/timeline.h"
#include "stack/mount.h"
#include "store/store.h"
#include "store/writable.h"

static char store_path[BACKING_PATH_SIZE];

/* Its superblock may ask for a panic at the first error, which whoever writes to the disk
 * can have. Other file systems ask for nothing there. */
static const char *options_of(const char *type)
{
	bool is_ext = strncmp(type, "ext", 3) == 0 && strchr("234", type[3]);

	return is_ext ? "ro,errors=remount-ro" : "ro";
}

static int mount_device(const struct policy *policy, struct watch *watch,
			const char *source, const char *type, const char *target,
			char path[BACKING_PATH_SIZE], struct err *err)
{
	const unsigned int attrs = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
				   MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	uint64_t start_us = clock_now_us();
	/* a device may be longer in coming than a watchdog waits */
	int r = watch_stop(watch);
	__fd int device = find_device(source, policy->store_timeout_s * 1000, path, err);

	timeline_add(start_us, "find store");
	if (device < 0)
		return device;
	r = sys_mkdirat(AT_FDCWD, target, 0755);
	if (r < 0 && r != -EEXIST)
		return err_errno(err, r, "%s", target);
	/* whatever the file system makes the kernel do from here on */
	if (watch_arm(watch, policy, err) < 0)
		console_say("%s", err->text);
	start_us = clock_now_us();
	r = mount_new(type, path, options_of(type), attrs, target, err);
	timeline_add(start_us, "mount store");
	if (r < 0)
		return r;
	__fd int store = store_open(target, err);

	r = store < 0 ? store : store_check(store, err);
	return r < 0 ? r : TAKE_FD(store);
}

int stores_open(const struct policy *policy, struct watch *watch, struct err *err)
{
	int r = mount_device(policy, watch, policy->store, policy->store_type,
			     STAGE_STORE, store_path, err);

	return r < 0 ? err_wrap(err, r, "store %s", policy->store) : r;
}

#ifdef CONFIG_LAMINA_UPDATE
static char state_path[BACKING_PATH_SIZE];

int stores_open_factory(const struct policy *policy, struct watch *watch, struct err *err)
{
	char path[BACKING_PATH_SIZE];
	int r;

	if (policy_factory_in_initramfs(policy))
		r = store_open(policy->factory, err);
	else
		r = mount_device(policy, watch, policy->factory, policy->factory_type,
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
	int r = writable_remount(STAGE_STORE, writable ? 0 : MS_RDONLY);

	return r < 0 ? err_errno(err, r, "store: making it %s",
				 writable ? "writable" : "read-only")
		     : 0;
}
#endif
