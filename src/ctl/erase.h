/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Where the policy has encrypted what images keep: that is erased by its salt. */
#include "ctl/ctl.h"

#ifdef CONFIG_LAMINA_SECRET
/* vault_erase() of what the policy's `encrypted` names, the store being writable. What runs has it
 * until the device reboots. 0, also where it names nothing; or -errno. */
int erase_encrypted(const struct ctl *ctl, int store, struct err *err);
#else
static inline int erase_encrypted(const struct ctl *ctl, int store, struct err *err)
{
	(void)ctl;
	(void)store;
	(void)err;
	return 0;
}
#endif
