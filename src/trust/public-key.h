/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Public keys between mbedtls and lamina-keyring(5), on the workstation only. Of this
 * room. */
#include <mbedtls/pk.h>

#include "base/err.h"
#include "format/key-line.h"

/* The key, with its id, of what PSA exports as public: a point or RFC 8017's
 * RSAPublicKey. 0; -EBADMSG; -ENOTSUP for RSA of another size or exponent than devices
 * take; -EIO. */
int public_key_import(enum key_kind kind, const uint8_t *bytes, size_t size,
		      struct key_line *ret_key, struct err *err);

/* Makes mbedtls' form of it in @pk, which is initialized. 0 or a number of mbedtls'. */
int public_key_to_pk(const struct key_line *key, mbedtls_pk_context *pk);
