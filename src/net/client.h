/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* udhcpc, one for each interface that has its address from a server. */
#include "net/links.h"

/* Starts @program for @link, to ask for the address that this has, if any; its events come by link->from. 0 or -errno. */
int client_start(struct link *link, const char *program, struct err *err);

/* It ends without a word to the server, and has no more to say. */
void client_stop(struct link *link);
