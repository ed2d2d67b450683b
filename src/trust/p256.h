/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * ECDSA over P-256, the half that needs no secret. Of this room: others ask key.h.
 * Numbers are big-endian, as signatures and points have them. No allocation.
 */
#include <stdint.h>

#include "base/digest.h"

#define P256_POINT_SIZE 65     /* 4, x and y */
#define P256_SIGNATURE_SIZE 64 /* r and s */

/*
 * Does @signature over @hash hold? 0; -EKEYREJECTED when not; -EINVAL when @point is none
 * of the curve.
 */
int p256_verify(const uint8_t point[P256_POINT_SIZE], const struct digest *hash,
		const uint8_t signature[P256_SIGNATURE_SIZE]);
