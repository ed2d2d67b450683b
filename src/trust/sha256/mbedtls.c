/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 of a device. */
#include <mbedtls/sha256.h>

#include "trust/sha256.h"

_Static_assert(sizeof(mbedtls_sha256_context) <= sizeof(((struct sha256 *)0)->state),
	       "struct sha256 holds mbedtls' context");

static mbedtls_sha256_context *context(struct sha256 *sha)
{
	return (mbedtls_sha256_context *)(void *)sha->state;
}

/* No hash is not what anybody goes on with. */
static void must(int r)
{
	if (r != 0)
		__builtin_trap();
}

void sha256_do_start(struct sha256 *sha)
{
	mbedtls_sha256_init(context(sha));
	must(mbedtls_sha256_starts(context(sha), 0));
}

void sha256_do_add(struct sha256 *sha, const void *bytes, size_t size)
{
	must(mbedtls_sha256_update(context(sha), bytes, size));
}

void sha256_do_finish(struct sha256 *sha, struct digest *ret_digest)
{
	must(mbedtls_sha256_finish(context(sha), ret_digest->bytes));
}
