/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* For base/sys alone. */
#include <errno.h>

/* What libc says of a call, -1 and errno, as -errno. Not inlined: sixty calls ask it. */
long ret_of(long said);

#define RET(call) return (__typeof__(call))ret_of((long)(call))
