/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* dm-crypt through the kernel's device-mapper: aes-xts-plain64, sectors of 4096 bytes. */
#include <stdint.h>

#include "base/err.h"

#define CRYPT_KEY_SIZE 64 /* two of AES-256 */
#define CRYPT_SECTOR 4096
#define CRYPT_PATH_SIZE 32

struct crypt {
	const char *name;   /* of the mapped device, unique */
	const char *device; /* what it lies on: "/dev/vda3" */
	uint64_t
		at_bytes; /* where in it the ciphertext begins, and how much that is: both */
	uint64_t size_bytes; /* of whole sectors */
	const uint8_t *key;  /* of CRYPT_KEY_SIZE bytes; borrowed */
};

/*
 * Maps it, and opens that for reading and writing: "/dev/dm-N" in @ret_path. The kernel takes
 * the mapping away when the last descriptor and mount of it go. The fd, the caller's; -ENOTSUP:
 * no device-mapper, dm-crypt or cipher in this kernel, and the text says which; or -errno.
 */
int crypt_open(const struct crypt *crypt, char ret_path[CRYPT_PATH_SIZE],
	       struct err *err);
