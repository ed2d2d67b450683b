/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Factory reset of what images have written: volumes, uppers and logs. Images, the boot record
 * and the files of inject/ stay. */
#include "base/err.h"

/*
 * Under the lock, the store writable. @name: of one image only (-EINVAL: no name that an
 * image can have); NULL: of all. They are gone at once, by one rename each, on the
 * medium; only then is the space freed, which gc_run() goes on with after a power cut. A
 * volume in use stays so under no name until the device reboots. 0 or -errno.
 */
int reset_run(int store, const char *name, struct err *err);
