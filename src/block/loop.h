/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Loop devices over an open file. */
#include <stdint.h>

#include "base/err.h"
#include "block/backing.h"

/*
 * Makes a read-only block device of @size_bytes over @file_fd (borrowed; the device keeps
 * the file itself), 4096-byte sectors, direct I/O for a large file where it works, detached by the kernel
 * when its last user goes (LO_FLAGS_AUTOCLEAR): keep the returned fd until a mount or dm
 * holds the device. Returns an fd of the block device, the caller's; or -errno. @ret_path
 * is "/dev/loopN".
 */
int loop_open(int file_fd, uint64_t size_bytes, char ret_path[BACKING_PATH_SIZE],
	      struct err *err);

/* The same of a file that is open for writing, as the device is then. */
int loop_open_writable(int file_fd, uint64_t size_bytes, char ret_path[BACKING_PATH_SIZE],
		       struct err *err);
