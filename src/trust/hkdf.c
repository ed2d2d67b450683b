/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/hkdf.h"

#include <errno.h>
#include <string.h>

#include "trust/sha256.h"

#define BLOCK 64 /* of SHA-256 */

struct mac {
	struct sha256 sha;
	uint8_t pad[BLOCK];
};

/* Begins the hash with the key in @mac->pad, exclusive-or @with. */
static int begin(struct mac *mac, uint8_t with)
{
	uint8_t pad[BLOCK];
	int r;

	for (size_t i = 0; i < BLOCK; i++)
		pad[i] = mac->pad[i] ^ with;
	r = sha256_start(&mac->sha);
	if (r == 0)
		r = sha256_add(&mac->sha, pad, BLOCK);
	explicit_bzero(pad, sizeof(pad));
	return r;
}

static int mac_start(struct mac *mac, const void *key, size_t size)
{
	struct digest hash;
	int r = 0;

	memset(mac, 0, sizeof(*mac));
	if (size <= BLOCK) {
		memcpy(mac->pad, key, size);
	} else {
		r = sha256_of(key, size, &hash);
		memcpy(mac->pad, hash.bytes, sizeof(hash.bytes));
	}
	return r < 0 ? r : begin(mac, 0x36);
}

static int mac_finish(struct mac *mac, struct digest *ret_mac)
{
	struct digest inner;
	int r = sha256_finish(&mac->sha, &inner);

	if (r == 0)
		r = begin(mac, 0x5c);
	if (r == 0)
		r = sha256_add(&mac->sha, inner.bytes, sizeof(inner.bytes));
	if (r == 0)
		r = sha256_finish(&mac->sha, ret_mac);
	explicit_bzero(mac, sizeof(*mac));
	return r;
}

/* HMAC-SHA256 (RFC 2104). */
static int mac_of(const void *key, size_t key_size, const void *bytes, size_t size,
		  struct digest *ret_mac)
{
	struct mac mac;
	int r = mac_start(&mac, key, key_size);

	if (r == 0)
		r = sha256_add(&mac.sha, bytes, size);
	return r < 0 ? r : mac_finish(&mac, ret_mac);
}

/* One step: T(n) = HMAC(key, T(n-1) | what for | n), the first without T(0). */
static int expand(const struct digest *key, const char *what_for, uint8_t number,
		  struct digest *t)
{
	struct mac mac;
	int r = mac_start(&mac, key->bytes, sizeof(key->bytes));

	if (r == 0 && number > 1)
		r = sha256_add(&mac.sha, t->bytes, sizeof(t->bytes));
	if (r == 0)
		r = sha256_add(&mac.sha, what_for, strlen(what_for));
	if (r == 0)
		r = sha256_add(&mac.sha, &number, 1);
	return r < 0 ? r : mac_finish(&mac, t);
}

int hkdf_key(const void *secret, size_t secret_size, const void *salt, size_t salt_size,
	     const char *what_for, uint8_t *ret_key, size_t size)
{
	struct digest key, t;
	int r;

	if (size > 255 * sizeof(t.bytes))
		return -EINVAL;
	r = mac_of(salt, salt_size, secret, secret_size, &key);
	for (size_t at = 0; r == 0 && at < size; at += sizeof(t.bytes)) {
		size_t left = size - at;

		r = expand(&key, what_for, (uint8_t)(at / sizeof(t.bytes) + 1), &t);
		memcpy(ret_key + at, t.bytes,
		       left < sizeof(t.bytes) ? left : sizeof(t.bytes));
	}
	explicit_bzero(&key, sizeof(key));
	explicit_bzero(&t, sizeof(t));
	return r;
}
