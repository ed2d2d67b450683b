/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* udhcpc, one for each interface that has its address from a server. */
#include "net/links.h"

/* Starts @program for @link; its events come by link->from. 0 or -errno. */
int client_start(struct link *link, const char *program, struct err *err);

/* Whatever it waits for: it is to ask now. */
void client_hurry(const struct link *link);

/* It is to end, and has no more to say. */
void client_stop(struct link *link);
