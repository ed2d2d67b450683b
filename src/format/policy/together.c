/* SPDX-License-Identifier: Apache-2.0 */
/* What the lines mean together. */
#include <errno.h>
#include <string.h>

#include "format/policy/reader.h"

/* What is written to a slot, or encrypted, must be nobody else's. */
int policy_check_places(const struct policy *policy, struct err *err)
{
	const char *const sources[] = { policy->boot_slots[0],	 policy->boot_slots[1],
					policy->boot_loader_arg, policy->encrypted,
					policy->store,		 policy->state,
					policy->factory };
	const size_t ours = BOOT_SLOTS + 2, count = sizeof(sources) / sizeof(sources[0]);

	for (size_t i = 0; i < ours; i++)
		for (size_t j = i + 1; j < count; j++)
			if (sources[i][0] && strcmp(sources[i], sources[j]) == 0)
				return err_set(err, -EBADMSG, "`%s` is named twice",
					       sources[i]);
	return 0;
}

/* Each needs the others. */
int policy_check_together(const struct policy *policy, struct err *err)
{
	bool encrypts = policy->encrypted[0] || policy->encrypted_bytes;

	if (encrypts != (policy->secret[0] != '\0'))
		return err_set(err, -EBADMSG, "secret and encrypted go together");
	if (!policy->boot_slots[0][0] && !policy->boot_loader)
		return 0;
	if (!policy->boot_slots[1][0] || !policy->boot_loader)
		return err_set(
			err, -EBADMSG,
			"%s is missing: two boot-slot, a and b, go with a boot-loader",
			policy->boot_slots[1][0] ? "boot-loader" : "a boot-slot");
	return 0;
}
