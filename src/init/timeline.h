/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* When each step started and ended, in fixed memory until /run/lamina/boot is written.
 * Without CONFIG_LAMINA_TIMELINE it only tells the time. */
#include <stdint.h>

#include "base/sys.h"

/* CLOCK_BOOTTIME: microseconds since the kernel started. */
static inline uint64_t timeline_now(void)
{
	struct timespec now = { .tv_sec = 0 };

	(void)sys_clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

#ifdef CONFIG_LAMINA_TIMELINE
/* One line: from @start_us until now. */
void timeline_add(uint64_t start_us, const char *name);

/* Writes the lines to the file `boot` of the directory @dir. 0 or -errno. */
int timeline_write(int dir);
#else
static inline void timeline_add(uint64_t start_us, const char *name)
{
	(void)start_us;
	(void)name;
}

static inline int timeline_write(int dir)
{
	(void)dir;
	return 0;
}
#endif
