/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What of the initramfs laminactl needs, once that is gone: policy, keyring and itself. */
#include "base/err.h"

#ifdef CONFIG_LAMINA_UPDATE
/* Copies them to the directory @run; bin/laminactl only where there is one. 0 or -errno. */
int copies_leave(int run, struct err *err);
#else
static inline int copies_leave(int run, struct err *err)
{
	(void)run;
	(void)err;
	return 0;
}
#endif
