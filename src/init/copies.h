/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What of the initramfs is used once that is gone. */
#include "base/err.h"
#include "format/policy.h"

/* Copies the program @name of its /bin, if there is one, to bin/ of the directory @run. 0 or
 * -errno. */
int copies_leave_program(int run, const char *name, struct err *err);

#ifdef CONFIG_LAMINA_UPDATE
/* What laminactl needs: policy, keyring, boot id, itself, and the program that @policy names
 * as the loader's helper. 0 or -errno. */
int copies_leave(int run, const struct policy *policy, struct err *err);
#else
static inline int copies_leave(int run, const struct policy *policy, struct err *err)
{
	(void)run;
	(void)policy;
	(void)err;
	return 0;
}
#endif
