/* SPDX-License-Identifier: Apache-2.0 */
#include "init/timeline.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/page.h"
#include "base/path.h"
#include "base/str.h"
#include "boot/plan.h"

/* Two numbers of up to 13 digits and a step's name; the steps and what comes before them.
 */
#define LINES (PLAN_MAX_STEPS + 16)
static PAGE_ALIGNED char text[LINES * (28 + PLAN_NAME_SIZE)];
static struct str lines = { .buf = text, .size = sizeof(text) };

void timeline_add(uint64_t start_us, const char *name)
{
	str_addf(&lines, "%" PRIu64 " %" PRIu64 " %s\n", start_us, clock_now_us(), name);
}

int timeline_write(int dir)
{
	int r = path_write_own(dir, "boot", text, lines.used);

	page_give_back(text, sizeof(text));
	str_init(&lines, text, sizeof(text));
	return r;
}
