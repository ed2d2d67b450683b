/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* When each step started and ended, in fixed memory until /run/lamina/boot is written.
 * Without CONFIG_LAMINA_TIMELINE it is not. */
#include <stdint.h>

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
