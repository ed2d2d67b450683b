/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the boot leaves behind: process 1 keeps nothing of it for as long as the device runs. */
#include "init/stage.h"

/* The stack and the store are in use by their mounts alone. */
void leave_stage(struct stage *stage);

/* What the boot alone used. */
void leave_memory(const struct stage *stage);

/* What the boot needed, the last change or question. */
void leave_pages(void);
