/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Process 1 of a container whose program does not reap what others leave. */
#include "container/process.h"

/* Becomes it: @process runs as its child, gets the signals that it gets, and takes it along
 * when it ends. Returns only -errno, in either of the two: that one has to end. */
int reaper_become(const struct process *process, struct err *err);
