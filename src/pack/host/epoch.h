/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The time that goes into files: never the clock's, so that the same input gives the same bytes. */
#include <stdint.h>

/* SOURCE_DATE_EPOCH, or one second after 1970 began: some programs take 0 for "now". */
uint32_t epoch_time(void);
