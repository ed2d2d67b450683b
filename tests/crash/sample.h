/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A few cuts of a log, for whole boots. */
#include "crash/log.h"
#include "crash/mark.h"

/* Prints @count cuts chosen by @seed, a line each: the cut, and the ids of the images
 * that may boot, by the record before and after the operation under way ("-": none). */
void sample_print(const struct log *log, const struct marks *marks, unsigned int count,
		  unsigned int seed);
