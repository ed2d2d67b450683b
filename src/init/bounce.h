/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The kernel that runs is not the one that the record wants: the boot loader is told of the
 * slot that has that one, and the machine reboots. No code for any loader is in init: it runs
 * the laminactl that the initramfs brought.
 */
#include "slot/select.h"

#ifdef CONFIG_LAMINA_UPDATE
/* Has laminactl tell the loader to start @slot, once (DECIDE_BOUNCE) or from now on
 * (DECIDE_REPAIR). 0; -ETIMEDOUT: it did not end in time; or -errno. */
int bounce_tell(enum decide_act act, enum boot_slot slot, struct err *err);

/* select_next(), of images that this kernel can start. -ERESTART: the loader is told of
 * another kernel, and the machine is to reboot; the text says of which. */
int bounce_next(struct select *select, struct select_image *ret_image, struct err *err);
#else
static inline int bounce_next(struct select *select, struct select_image *ret_image,
			      struct err *err)
{
	return select_next(select, ret_image, err);
}
#endif
