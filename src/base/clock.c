/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include "base/sys.h"

uint64_t clock_now_us(void)
{
	struct timespec now = { .tv_sec = 0 };

	(void)sys_clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}
