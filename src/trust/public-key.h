/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Public keys between mbedtls and lamina-keyring(5): CONFIG_LAMINA_TOOL or _SIGN. Of this
 * room. */
#include <mbedtls/pk.h>

#include "base/err.h"
#include "format/key-line.h"

/* The key, with its id, of what PSA exports as public: a point or RFC 8017's
 * RSAPublicKey. 0; -EBADMSG; -ENOTSUP for RSA of another size or exponent than devices
 * take; -EIO. */
int public_key_import(enum key_kind kind, const uint8_t *bytes, size_t size,
		      struct key_line *ret_key, struct err *err);

/* PSA's type of such a secret. */
psa_key_type_t public_key_pair_type(enum key_kind kind);

/* Do devices take RSA keys of so many bits? 0 or -ENOTSUP. */
int public_key_check_bits(size_t bits, struct err *err);

/* Makes mbedtls' form of a key whose bytes are PSA's, by @copy: of its secret or its public
 * half. 0 or a number of mbedtls'. */
typedef int public_key_copy(mbedtls_svc_key_id_t id, mbedtls_pk_context *pk);
int public_key_bytes_to_pk(psa_key_type_t type, const uint8_t *bytes, size_t size,
			   public_key_copy *copy, mbedtls_pk_context *pk);

/* Makes mbedtls' form of it in @pk, which is initialized. 0 or a number of mbedtls'. */
int public_key_to_pk(const struct key_line *key, mbedtls_pk_context *pk);
