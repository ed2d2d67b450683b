/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A watchdog: hardware that resets the device unless it is fed in time. */
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Opens it, which starts it with the time-out that it has. An fd the caller owns; closed
 * without watchdog_stop(), it goes on and resets the device. */
int watchdog_open(const char *path, struct err *err);

/* Did it end the machine's last run? false also where the hardware can't tell. */
bool watchdog_fired(int fd);

/* From now on it takes @timeout_s (0: as it is), or its own time-out where it can't do
 * that. Returns the seconds it really takes, or -errno. */
int watchdog_arm(int fd, uint32_t timeout_s, struct err *err);

/* The time starts again. */
void watchdog_feed(int fd);

/* 0, or -errno where it can't be stopped (nowayout): it must be fed for good then. */
int watchdog_stop(int fd);
