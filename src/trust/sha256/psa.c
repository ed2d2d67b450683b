/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 of a device: mbedtls through PSA. */
#include <errno.h>
#include <psa/crypto.h>

#include "trust/digest.h"

_Static_assert(sizeof(psa_hash_operation_t) <= sizeof(((struct digest *)0)->state),
	       "struct digest holds a PSA hash operation");

static psa_hash_operation_t *operation(struct digest *d)
{
	return (psa_hash_operation_t *)(void *)d->state;
}

int digest_start(struct digest *d)
{
	*operation(d) = psa_hash_operation_init();
	return psa_hash_setup(operation(d), PSA_ALG_SHA_256) == PSA_SUCCESS ? 0 : -EIO;
}

int digest_add(struct digest *d, const void *bytes, size_t size)
{
	return psa_hash_update(operation(d), bytes, size) == PSA_SUCCESS ? 0 : -EIO;
}

int digest_finish(struct digest *d, uint8_t ret_hash[DIGEST_SIZE])
{
	size_t size;
	psa_status_t status = psa_hash_finish(operation(d), ret_hash, DIGEST_SIZE, &size);

	return status == PSA_SUCCESS && size == DIGEST_SIZE ? 0 : -EIO;
}
