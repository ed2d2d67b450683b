/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The hand-over to the application. */
#include "init/stage.h"

/* While there is a way back: who it runs as, its directory, its program. 0 or -errno. */
int run_check(struct part *part, struct err *err);

/* Tells the console what starts. */
void run_announce(const struct stage *stage);

/* In the new root: becomes the application. Returns only on failure, as root. */
int run_exec(const struct part *part, struct err *err);
