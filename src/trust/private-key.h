/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Private keys and PEM: the workstation's (CONFIG_LAMINA_TOOL) and, for tests alone, a
 * device's (CONFIG_LAMINA_SIGN). */
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "format/keyring.h"
#include "format/signature.h"

#define PRIVATE_KEY_PEM_SIZE 4096
#define PRIVATE_KEY_SECRET_SIZE 2400 /* of RSA with 4096 bits, 2350 and a few */

struct private_key {
	struct key_line public; /* with its id */
	/* P-256's number, 32 bytes; RSA's RSAPrivateKey of RFC 8017, in DER */
	uint8_t secret[PRIVATE_KEY_SECRET_SIZE];
	size_t secret_size;
};

/* Once per process, before anything else of this header. 0 or -EIO. */
int private_key_start(struct err *err);

/* A new key from the system's randomness: P-256 where @rsa_bits is 0, RSA of 2048, 3072 or
 * 4096 bits otherwise, which takes seconds. 0 or -EIO. */
int private_key_new(unsigned int rsa_bits, struct private_key *ret_key, struct err *err);

/* The key of that secret, its public half computed. 0; -EBADMSG (for P-256, not in
 * 1..n-1); -ENOTSUP (RSA of another size or exponent); -EIO. */
int private_key_from_secret(enum key_kind kind, const uint8_t *secret, size_t size,
			    struct private_key *ret_key, struct err *err);

/* PEM as openssl writes and reads it (EC PRIVATE KEY, RSA PRIVATE KEY or PKCS#8; public:
 * SubjectPublicKeyInfo or RSA PUBLIC KEY). Readers: 0, -EBADMSG, -ENOTSUP (another curve,
 * algorithm, size or exponent, or an encrypted key). */
int private_key_read_pem(const char *pem, size_t size, struct private_key *ret_key,
			 struct err *err);
int private_key_write_pem(const struct private_key *key,
			  char ret_pem[PRIVATE_KEY_PEM_SIZE], struct err *err);
int public_key_read_pem(const char *pem, size_t size, struct key_line *ret_key,
			struct err *err);
int public_key_write_pem(const struct key_line *key, char ret_pem[PRIVATE_KEY_PEM_SIZE],
			 struct err *err);

/* Signs sha256(@bytes) deterministically (RFC 6979; PKCS#1 v1.5 has no randomness): the
 * same image signs to the same bytes. 0 or -EIO. */
int private_key_sign(const struct private_key *key, const void *bytes, size_t size,
		     struct key_line *ret_line, struct err *err);

/* Forgets the secret. */
void private_key_done(struct private_key *key);
