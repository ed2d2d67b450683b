/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * An empty file system as `lamina initramfs` has left it: blocks that hold something, in a file
 * of the initramfs. Such a file is, in little endian, the text "lamblk1\n", how many blocks the
 * file system has, how many of them follow, and each: its number, its bytes.
 */
#include <stdint.h>

#include "base/err.h"

#define TEMPLATE_FILE "/etc/lamina/ext4"

/* How many bytes the file system has. 0; -ENOENT: there is none; -EBADMSG, or -errno. */
int template_size(int file, uint64_t *ret_bytes);

/* Writes all of it to the start of @fd, the blocks with nothing in them too, and has it on the
 * medium. 0 or -errno. */
int template_write(int file, int fd);
