/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* lamina-init --plan (CONFIG_LAMINA_PLAN). */
#include "base/err.h"

struct show_files {
	const char *policy, *keyring, *store;
};

/* Prints what a boot from the directory @files->store would do, one step a line. Changes
 * nothing, needs no privilege. 0 or -errno. */
int show_plan(const struct show_files *files, struct err *err);
