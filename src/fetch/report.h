/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Tells a server how the device is: a POST of JSON each time that this is another than was told last. What isn't
 * heard is told again the next time, and holds nothing up.
 */
#include "fetch/fetch.h"

/* After a look that came to @r, with @why: NULL unless it failed. Notes what goes wrong. */
void report_send(struct fetch *fetch, const struct workdir *w, int r, const char *why);
