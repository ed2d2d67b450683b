/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The files that engines give a container: /etc/hostname, /etc/hosts, /etc/resolv.conf. */
#include "container/start.h"

/* Makes them below the directory @root, and shows the container what of init's it is to
 * see. Where nothing can be written, over those that the image has. An /etc that
 * is no directory is left, as is a directory in a file's place. 0 or -errno. */
int files_make(int root, const struct container *container, struct err *err);
