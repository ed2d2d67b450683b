/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Where the store keeps persistent volumes: volumes/IMAGE/NAME, by lamina-store(5). */
#include <stddef.h>

#define VOLUME_NAME_SIZE 256 /* a file system has no longer name */

/* "/var/lib" as "var%2Flib": a flat name, that no other path has. 0 or -ENAMETOOLONG. */
int volume_name(const char *path, char ret_name[VOLUME_NAME_SIZE]);
