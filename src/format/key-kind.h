/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The kinds of keys: what a line calls them, and what a public key and a signature of
 * each look like as bytes. lamina-keyring(5) and lamina-signature(5) are the source.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_ID_SIZE \
	17 /* 16 hex digits and NUL: first half of sha256 of the public key  \
			*/
#define KEY_POINT_SIZE 65 /* of a public key of P-256: 0x04 X Y */
#define KEY_MAX_BYTES 512 /* of a public key or a signature: RSA's with 4096 bits */

enum key_kind {
	KEY_P256, /* uncompressed point; DER */
	KEY_RSA,  /* modulus; PKCS#1 v1.5, as long as the modulus */
	KEY_KINDS
};

/* As in `key` and `sig` lines. */
const char *key_kind_name(enum key_kind kind);

/* The kind of that name, or -ENOENT. */
int key_kind_find(const char *word, size_t size);

/* Has it the form of a public key, or of a signature, of the kind? Whether it is a good
 * one takes maths: trust/key.h. */
bool key_kind_is_key(enum key_kind kind, const uint8_t *bytes, size_t size);
bool key_kind_is_signature(enum key_kind kind, const uint8_t *bytes, size_t size);
