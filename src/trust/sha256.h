/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * SHA-256. No caller sees a type of the library behind it: mbedtls on a device, nettle in
 * the workstation's tool (one of sha256/ is linked).
 */
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"

struct sha256 {
	_Alignas(8) unsigned char state[128]; /* a backend's; size checked in sha256/ */
};

/* A running hash: start, add any number of times, finish once. No allocation. Each 0 or
 * -EIO. */
int sha256_start(struct sha256 *sha);
int sha256_add(struct sha256 *sha, const void *bytes, size_t size);
int sha256_finish(struct sha256 *sha, struct digest *ret_digest);

int sha256_of(const void *bytes, size_t size, struct digest *ret_digest);

/* Hashes exactly @size_bytes from the start of @fd. 0; -EIO when the file ends before;
 * -errno. */
int sha256_of_fd(int fd, uint64_t size_bytes, struct digest *ret_digest);

/* Copies them too, from @offset of @fd to where @to stands, and hashes what is written. */
int sha256_copy(int fd, uint64_t offset, uint64_t size_bytes, int to,
		struct digest *ret_digest);
