/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Private keys and PEM: the workstation's (CONFIG_LAMINA_TOOL) and, for tests alone, a
 * device's (CONFIG_LAMINA_SIGN). */
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "format/keyring.h"
#include "format/signature.h"

#define PRIVATE_KEY_PEM_SIZE 512

struct private_key {
	uint8_t secret[32];
	uint8_t point[KEYRING_POINT_SIZE];
};

/* Once per process, before anything else of this header. 0 or -EIO. */
int private_key_start(struct err *err);

/* A new P-256 key from the system's randomness. 0 or -EIO. */
int private_key_new(struct private_key *ret_key, struct err *err);

/* The key of that secret, its point computed. 0, -EBADMSG (not in 1..n-1) or -EIO. */
int private_key_from_secret(const uint8_t secret[32], struct private_key *ret_key,
			    struct err *err);

/* PEM as openssl writes and reads it (EC PRIVATE KEY or PKCS#8; public:
 * SubjectPublicKeyInfo). Readers: 0, -EBADMSG, -ENOTSUP (another curve or algorithm, or
 * an encrypted key). */
int private_key_read_pem(const char *pem, size_t size, struct private_key *ret_key,
			 struct err *err);
int private_key_write_pem(const struct private_key *key,
			  char ret_pem[PRIVATE_KEY_PEM_SIZE], struct err *err);
int public_key_read_pem(const char *pem, size_t size,
			uint8_t ret_point[KEYRING_POINT_SIZE], struct err *err);
int public_key_write_pem(const uint8_t point[KEYRING_POINT_SIZE],
			 char ret_pem[PRIVATE_KEY_PEM_SIZE], struct err *err);

/* Signs sha256(@bytes) deterministically (RFC 6979): the same image signs to the same
 * bytes. */
int private_key_sign(const struct private_key *key, const void *bytes, size_t size,
		     struct signature_line *ret_line, struct err *err);

/* Forgets the secret. */
void private_key_done(struct private_key *key);
