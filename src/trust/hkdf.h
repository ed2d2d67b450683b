/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* HKDF with SHA-256 (RFC 5869): keys out of a secret, of which none tells of another. */
#include <stddef.h>
#include <stdint.h>

/* A key of @size bytes, at most 255 * 32, from @secret, @salt and what it is for. 0, -EINVAL or
 * -EIO. */
int hkdf_key(const void *secret, size_t secret_size, const void *salt, size_t salt_size,
	     const char *what_for, uint8_t *ret_key, size_t size);
