/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* An interface as it is to be: what the kernel is told of one, and which are looked after by
 * `*`. What the kernel doesn't take is said. */
#include <stdbool.h>

struct link;

/* Hardware has a device behind it; bridges, tunnels and other people's have none. */
bool adopt_is_device(const char *name);

/* Up, and without a cable no way out. @ask is of netlink_open(), here and below. */
void adopt_link(int ask, const struct link *link);

/* The addresses, gateways and MTU of its lease, in place of any others. */
void adopt_lease(int ask, const struct link *link);
