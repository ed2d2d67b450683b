/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/factory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>

#include "base/fd.h"
#include "base/sys.h"
#include "block/find.h"
#include "slot/rank.h"
#include "store/store.h"

static int judge(const struct ctl *ctl, const char *path, struct err *err)
{
	static struct rank rank;
	__fd int store = store_open(path, err);
	int r = store;

	if (r >= 0)
		r = rank_images(store, &ctl->settings, ctl->settings.policy.floor, &rank,
				err);
	if (r == 0 && rank.count == 0)
		return err_set(err, rank.why, "%s", rank.text.text);
	return r;
}

/* Where init mounts it when it needs it. */
static int judge_device(const struct ctl *ctl, struct err *err)
{
	const struct policy *policy = &ctl->settings.policy;
	char device[64], path[CTL_PATH_SIZE];
	__fd int fd = find_device(policy->factory, 0, device, err);
	int r = fd < 0 ? fd : ctl_path(ctl, "private", path, err);

	if (r < 0)
		return r;
	r = sys_mkdirat(AT_FDCWD, path, 0700); /* of an init that makes none */
	if (r == 0 || r == -EEXIST)
		r = ctl_path(ctl, "private/factory", path, err);
	if (r == 0)
		r = sys_mkdirat(AT_FDCWD, path, 0755);
	if (r == 0 || r == -EEXIST)
		r = sys_mount(device, path, policy->factory_type,
			      MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	if (r < 0)
		return err_errno(err, r, "%s: mounting it", path);
	r = judge(ctl, path, err);
	(void)sys_umount2(path, MNT_DETACH);
	return r;
}

int factory_check(struct ctl *ctl, struct err *err)
{
	const struct policy *policy = &ctl->settings.policy;
	struct err why = ERR_INIT;
	int r = 0;

	if (!policy->factory[0])
		return err_set(err, -ENOENT, "the policy names no factory image");
	if (ctl_runs_as(ctl, DECIDE_FACTORY))
		return 0;
	if (!policy_factory_in_initramfs(policy))
		r = judge_device(ctl, &why);
	else if (!digest_is_set(&ctl->running))
		r = err_set(&why, -ENOENT, "no device was booted with it");
	if (r == 0)
		return 0;
	return err_set(err, r,
		       "factory %s: no image of it would start, nothing is changed: %s",
		       policy->factory, why.text);
}
