/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* For base/sys alone. */
#include <errno.h>

/* libc's -1 and errno as -errno */
#define RET(call)                                                  \
	do {                                                       \
		long ret_ = (long)(call);                          \
		return ret_ < 0 ? -errno : (__typeof__(call))ret_; \
	} while (0)
