/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Executing a plan. */
#include "init/stage.h"

/* Executes the plan of the stage's image. With a plan that ends in PLAN_RUN it returns
 * only on failure: -errno, and the text says which step. */
int steps_run(struct stage *stage, struct err *err);
