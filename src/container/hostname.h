/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The name that a supervised application's machine has for it: the same at every boot,
 * since programs keep their data under it. */
#include "format/manifest.h"

#define HOSTNAME_SIZE 64

/* The manifest's; else what is in /etc/hostname of the injected files, where the manifest
 * lets one in; else @other. @store is a directory fd. Returns @ret_name. */
const char *hostname_choose(const struct manifest *manifest, const char *other, int store,
			    char ret_name[HOSTNAME_SIZE]);
