/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 of a device. */
#include <errno.h>
#include <mbedtls/sha256.h>

#include "trust/digest.h"

_Static_assert(sizeof(mbedtls_sha256_context) <= sizeof(((struct digest *)0)->state),
	       "struct digest holds mbedtls' context");

static mbedtls_sha256_context *context(struct digest *d)
{
	return (mbedtls_sha256_context *)(void *)d->state;
}

int digest_start(struct digest *d)
{
	mbedtls_sha256_init(context(d));
	return mbedtls_sha256_starts(context(d), 0) == 0 ? 0 : -EIO;
}

int digest_add(struct digest *d, const void *bytes, size_t size)
{
	return mbedtls_sha256_update(context(d), bytes, size) == 0 ? 0 : -EIO;
}

int digest_finish(struct digest *d, uint8_t ret_hash[DIGEST_SIZE])
{
	return mbedtls_sha256_finish(context(d), ret_hash) == 0 ? 0 : -EIO;
}
