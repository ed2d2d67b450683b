/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What images keep, encrypted: the place that the policy's `encrypted` names, opened by what its
 * `secret` tells, made when it is used for the first time. */
#include "format/policy.h"

#ifdef CONFIG_LAMINA_SECRET
/*
 * Mounts it at @target, writable. Where it is a file of the store, that is mounted at @store,
 * writable. The directory, the caller's; or -errno: -EKEYREJECTED: the secret is another
 * than that it was made with; -EUCLEAN: what is there is no volume of ours, or a damaged one.
 * What is there is never made anew then.
 */
int vault_mount(const struct policy *policy, const char *store, const char *target,
		struct err *err);
#else
static inline int vault_mount(const struct policy *policy, const char *store,
			      const char *target, struct err *err)
{
	(void)policy;
	(void)store;
	(void)target;
	return err_set(err, -ENOTSUP, "not in this build");
}
#endif
