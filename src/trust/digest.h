/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * SHA-256. No caller sees a type of the library behind it: mbedtls on a device, nettle in
 * the workstation's tool (one of sha256/ is linked).
 */
#include <stddef.h>
#include <stdint.h>

#define DIGEST_SIZE 32
#define DIGEST_HEX_SIZE 65

struct digest {
	_Alignas(8) unsigned char state[128]; /* a backend's; size checked in sha256/ */
};

/* A running hash: start, add any number of times, finish once. No allocation. Each 0 or
 * -EIO. */
int digest_start(struct digest *d);
int digest_add(struct digest *d, const void *bytes, size_t size);
int digest_finish(struct digest *d, uint8_t ret_hash[DIGEST_SIZE]);

int digest_of(const void *bytes, size_t size, uint8_t ret_hash[DIGEST_SIZE]);

/* Hashes exactly @size_bytes from the start of @fd. 0; -EIO when the file ends before;
 * -errno. */
int digest_of_fd(int fd, uint64_t size_bytes, uint8_t ret_hash[DIGEST_SIZE]);
