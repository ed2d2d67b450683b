/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What is asked of the network: by the image's `net` lines, or by the device's own. */
#include <stddef.h>

#include "base/err.h"
#include "format/net.h"

#define CONFIG_LINES 16
#define CONFIG_LOCAL "inject/net" /* of the store */

struct config {
	struct net_line lines[CONFIG_LINES];
	size_t count;
};

/*
 * Reads @texts, NULL at the end, as the lines, and with a line `local` among them the file of
 * @store, whose lines count instead if it is there. What anybody wrote into that and is wrong
 * is passed over: @ret_passed tells why, and is empty otherwise. 0 or -errno.
 */
int config_read(struct config *config, const char *store, char *const texts[],
		struct err *ret_passed, struct err *err);
