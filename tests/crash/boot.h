/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A boot from power on to an image, as the loader and init make one together. */
#include "crash/judge.h"
#include "slot/select.h"

/* Which image of the store @store starts; what that writes is written. 0; -ENOEXEC: no slot has a
 * kernel; -ELOOP: one resets after the other; or -errno. */
int boot_image(struct judge *judge, int store, struct select_image *ret_image,
	       struct err *err);
