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

/* A backend's. Nothing of it can fail: an accelerator could, and there is none. */
void sha256_do_start(struct sha256 *sha);
void sha256_do_add(struct sha256 *sha, const void *bytes, size_t size);
void sha256_do_finish(struct sha256 *sha, struct digest *ret_digest);
void sha256_do_all(const void *bytes, size_t size, struct digest *ret_digest);

/* A running hash: start, add any number of times, finish once. No allocation. Each 0, which is said here
 * so that compilers leave out what callers would do otherwise. */
static inline int sha256_start(struct sha256 *sha)
{
	sha256_do_start(sha);
	return 0;
}

static inline int sha256_add(struct sha256 *sha, const void *bytes, size_t size)
{
	sha256_do_add(sha, bytes, size);
	return 0;
}

static inline int sha256_finish(struct sha256 *sha, struct digest *ret_digest)
{
	sha256_do_finish(sha, ret_digest);
	return 0;
}

static inline int sha256_of(const void *bytes, size_t size, struct digest *ret_digest)
{
	sha256_do_all(bytes, size, ret_digest);
	return 0;
}

/* Hashes exactly @size_bytes from the start of @fd. 0; -EIO when the file ends before;
 * -errno. */
int sha256_of_fd(int fd, uint64_t size_bytes, struct digest *ret_digest);

/* Copies them too, from @offset of @fd to where @to stands, and hashes what is written. */
int sha256_copy(int fd, uint64_t offset, uint64_t size_bytes, int to,
		struct digest *ret_digest);
