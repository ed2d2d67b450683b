/* SPDX-License-Identifier: Apache-2.0 */
#include "container/confine.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>

#include "base/sys.h"
#include "container/filter.h"
#include "container/limits.h"
#include "container/loopback.h"

int confine_bound(const struct manifest *manifest, struct err *err)
{
	uint64_t keep = manifest_capabilities(manifest);

	for (unsigned long cap = 0; cap < 64; cap++) {
		int r = keep >> cap & 1 ? 0 : sys_prctl(PR_CAPBSET_DROP, cap);

		if (r == -EINVAL && cap > CAP_LAST_CAP)
			return 0; /* the kernel has no more */
		if (r < 0)
			return err_errno(err, r, "dropping capability %lu", cap);
	}
	return 0;
}

/* What the process itself has until it executes a program, which gets what the bounding set
 * leaves and no more. */
static uint64_t capabilities(const struct manifest *manifest,
			     const struct identity *identity, bool filtered)
{
	uint64_t keep = identity->uid == 0 ? manifest_capabilities(manifest) : 0;

	/* what a filter takes without no_new_privs */
	if (filtered && manifest->new_privileges)
		keep |= 1ULL << CAP_SYS_ADMIN;
	return keep;
}

int confine_apply(const struct manifest *manifest, const struct identity *identity,
		  bool executes, struct err *err)
{
	bool filtered = executes && *manifest->syscalls;
	int r;

	if (!manifest->confine)
		return identity_apply(identity, err);
	r = confine_bound(manifest, err);
	if (r == 0)
		r = identity_apply(identity, err);
	if (r < 0)
		return r;
	/* the saved id is root's until execve, and would keep all of them */
	r = sys_capset(capabilities(manifest, identity, filtered));
	if (r < 0)
		return err_errno(err, r, "capabilities");
	r = manifest->new_privileges ? 0 : sys_prctl(PR_SET_NO_NEW_PRIVS, 1);
	if (r < 0)
		return err_errno(err, r, "no new privileges");
	return filtered ? filter_load(manifest, err) : 0;
}

int confine_check(const struct manifest *manifest, struct err *err)
{
	int r = manifest->confine && *manifest->syscalls ? filter_check(err) : 0;

	if (r == 0)
		r = loopback_check(manifest, err);
	return r < 0 ? r : limits_check(manifest, err);
}
