/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The end of a boot that can't go on. PID 1 must not end, or the kernel panics: nothing
 * here returns, whatever fails.
 */
#include "format/policy.h"

/* From now on a crash of init itself (a bad pointer, abort) ends as a failure too. */
void failure_catch_crashes(void);

/* What to do at the end. Before this is called: reboot after 10 s. */
void failure_obey(const struct policy *policy);

/* Says what happens next and does it. */
_Noreturn void failure_end(void);

/* A shell on the console (CONFIG_LAMINA_RESCUE): comes back when it ends. */
void failure_rescue(void);
