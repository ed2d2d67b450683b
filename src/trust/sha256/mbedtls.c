/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 of a device. */
#include <errno.h>
#include <mbedtls/sha256.h>

#include "trust/sha256.h"

_Static_assert(sizeof(mbedtls_sha256_context) <= sizeof(((struct sha256 *)0)->state),
	       "struct sha256 holds mbedtls' context");

static mbedtls_sha256_context *context(struct sha256 *sha)
{
	return (mbedtls_sha256_context *)(void *)sha->state;
}

int sha256_start(struct sha256 *sha)
{
	mbedtls_sha256_init(context(sha));
	return mbedtls_sha256_starts(context(sha), 0) == 0 ? 0 : -EIO;
}

int sha256_add(struct sha256 *sha, const void *bytes, size_t size)
{
	return mbedtls_sha256_update(context(sha), bytes, size) == 0 ? 0 : -EIO;
}

int sha256_finish(struct sha256 *sha, struct digest *ret_digest)
{
	return mbedtls_sha256_finish(context(sha), ret_digest->bytes) == 0 ? 0 : -EIO;
}
