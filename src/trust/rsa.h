/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * RSA with PKCS#1 v1.5 padding (RFC 8017, RSASSA-PKCS1-v1_5) and SHA-256, public exponent
 * 65537: the half that needs no secret. Of this room: others ask key.h. Numbers are
 * big-endian. No allocation.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"

/*
 * Does @signature, as long as the modulus, over @hash hold? 0; -EKEYREJECTED when not;
 * -EINVAL when @modulus is not an odd number of exactly 2048, 3072 or 4096 bits.
 */
int rsa_verify(const uint8_t *modulus, size_t size, const struct digest *hash,
	       const uint8_t *signature);
