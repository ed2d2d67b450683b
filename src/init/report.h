/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What init leaves in /run/lamina for others: see lamina-init(8), FILES. */
#include "base/digest.h"
#include "base/err.h"
#include "init/stage.h"

/* Adds a line to the file `notes` below @dir, as well as may be. */
void report_note(int dir, const char *text);

/* The file `image`: key=value lines about what was booted. 0 or -errno. */
int report_image(const struct stage *stage, struct err *err);

/* The file `failed` of directory @run: the candidate @id fell, and why. */
void report_failed(int run, const struct digest *id, const char *why);
