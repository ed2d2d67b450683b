/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* How the machine's last run ended: why a candidate that used up its tries fell. */
#include "format/record.h"
#include "init/trial/watch.h"

/*
 * RECORD_REASON_PANIC: the kernel left its last words in memory (pstore); they are moved
 * to the file `panic` of the directory @run. RECORD_REASON_CORRUPT: the same, and they
 * are dm-verity's. RECORD_REASON_WATCHDOG, or _NONE where nothing is known.
 */
#ifdef CONFIG_LAMINA_UPDATE
enum record_reason last_end(int run, const struct watch *watch);
#else
static inline enum record_reason last_end(int run, const struct watch *watch)
{
	(void)run;
	(void)watch;
	return RECORD_REASON_NONE;
}
#endif
