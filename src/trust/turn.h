/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A device's place in the line for an image: when a channel says "percent 25", it is the turn of
 * places 0 to 24. Each image has a line of its own, so that not always the same ones are first. */
#include "base/digest.h"

/* 0 to 99, for whatever text the device is told from others by; -EIO. lamina-channel(5) is its
 * source. */
int turn_place(const char *device, const struct digest *image);
