/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What init leaves in /run/lamina for others: see lamina-init(8), FILES. */
#include <stddef.h>

#include "base/err.h"
#include "init/stage.h"

/* Writes a whole file of mode 0644 below @dir. 0 or -errno. */
int report_write(int dir, const char *name, const char *text, size_t size);

/* Adds a line to the file `notes` below @dir, as well as may be. */
void report_note(int dir, const char *text);

/* The file `image`: key=value lines about what was booted. 0 or -errno. */
int report_image(const struct stage *stage, struct err *err);

/* "candidate", "current", "previous" or "factory" */
const char *report_slot(enum decide_slot slot);
