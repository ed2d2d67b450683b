/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/p256.h"

#include <errno.h>
#include <p256-m/p256-m.h>

int p256_verify(const uint8_t point[P256_POINT_SIZE], const struct digest *hash,
		const uint8_t signature[P256_SIGNATURE_SIZE])
{
	int result = point[0] == 4 ? p256_ecdsa_verify(signature, point + 1, hash->bytes,
						       sizeof(hash->bytes))
				   : P256_INVALID_PUBKEY;

	switch (result) {
	case P256_SUCCESS:
		return 0;
	case P256_INVALID_PUBKEY:
		return -EINVAL;
	default:
		return -EKEYREJECTED;
	}
}
