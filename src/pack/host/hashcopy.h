/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Copying bytes and hashing them on the way, so that what is checked is what was written. */
#include <stdint.h>

#include "trust/sha256.h"

/* Copies @size_bytes of @fd from @offset on to where @out_fd stands. 0; -EIO when there are
 * fewer; -errno. */
int hashcopy(int fd, uint64_t offset, uint64_t size_bytes, int out_fd,
	     struct digest *ret_hash);
