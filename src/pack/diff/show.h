/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Prints two images' differences on stdout, as text or JSON: lamina-diff(1). */
#include <stdbool.h>

#include "base/err.h"
#include "pack/diff/diff.h"

/* After diff_read(). @times: another mtime is a difference. 0 or -errno. */
int diff_show(struct diff *diff, bool times, bool json, struct err *err);
