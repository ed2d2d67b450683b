/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdint.h>

/* Microseconds since the kernel started, suspended or not: CLOCK_BOOTTIME, which nobody
 * sets. Time since 1970 is nothing that a device can rely on. */
uint64_t clock_now_us(void);
