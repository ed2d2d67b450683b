/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/key.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/str.h"
#include "trust/digest.h"
#include "trust/p256.h"

int key_id(const uint8_t point[KEYRING_POINT_SIZE], char ret_id[KEY_ID_SIZE])
{
	uint8_t hash[DIGEST_SIZE];
	int r = digest_of(point, KEYRING_POINT_SIZE, hash);

	if (r < 0)
		return r;
	str_hex_encode(hash, (KEY_ID_SIZE - 1) / 2, ret_id);
	return 0;
}

int key_check_ring(const struct keyring *ring, struct err *err)
{
	for (size_t i = 0; i < ring->count; i++) {
		const struct keyring_key *key = &ring->keys[i];
		char id[KEY_ID_SIZE];
		int r = key_id(key->point, id);

		if (r < 0)
			return err_errno(err, r, "key %s", key->id);
		if (strcmp(id, key->id) != 0)
			return err_set(err, -EBADMSG, "key %s: its id should be %s",
				       key->id, id);
	}
	return 0;
}

/* Does this one signature over @hash hold? 0 or -EKEYREJECTED. */
static int verify_line(const uint8_t hash[DIGEST_SIZE], const struct signature_line *line,
		       const struct keyring_key *key, struct err *err)
{
	uint8_t raw[P256_SIGNATURE_SIZE];

	if (signature_der_decode(line->der, line->der_size, raw) < 0)
		return err_set(err, -EKEYREJECTED, "signature of key %s: not a signature",
			       key->id);
	switch (p256_verify(key->point, hash, raw)) {
	case 0:
		return 0;
	case -EINVAL:
		return err_set(err, -EKEYREJECTED, "key %s: not a point of P-256",
			       key->id);
	default:
		return err_set(err, -EKEYREJECTED, "signature of key %s does not hold",
			       key->id);
	}
}

static bool counted(const struct key_signers *signers, const char *id)
{
	for (size_t i = 0; i < signers->count; i++)
		if (strcmp(signers->ids[i], id) == 0)
			return true;
	return false;
}

/* Fills @signers from the lines whose key is in the ring. 0, -ENOKEY, -EKEYREJECTED. */
static int verify_lines(const uint8_t hash[DIGEST_SIZE],
			const struct signature_file *signatures,
			const struct keyring *ring, struct key_signers *signers,
			struct err *err)
{
	for (size_t i = 0; i < signatures->count; i++) {
		const struct signature_line *line = &signatures->lines[i];
		const struct keyring_key *key = keyring_find(ring, line->key_id);
		int r;

		if (!key)
			continue;
		r = verify_line(hash, line, key, err);
		if (r < 0)
			return r;
		if (!counted(signers, key->id))
			memcpy(signers->ids[signers->count++], key->id, KEY_ID_SIZE);
	}
	if (signers->count > 0)
		return 0;
	return err_set(err, -ENOKEY, "signed by %s%s, not trusted here",
		       signatures->count ? signatures->lines[0].key_id : "nobody",
		       signatures->count > 1 ? " and others" : "");
}

int key_verify(const void *bytes, size_t size, const struct signature_file *signatures,
	       const struct keyring *ring, uint32_t threshold,
	       struct key_signers *ret_signers, struct err *err)
{
	struct key_signers signers = { .count = 0 };
	uint8_t hash[DIGEST_SIZE];
	int r = digest_of(bytes, size, hash);

	if (r < 0)
		return err_errno(err, r, "sha256");
	r = verify_lines(hash, signatures, ring, &signers, err);
	if (r < 0)
		return r;
	if (signers.count < threshold)
		return err_set(err, -EKEYREJECTED, "%zu good signature%s, %u needed",
			       signers.count, signers.count == 1 ? "" : "s",
			       (unsigned int)threshold);
	if (ret_signers)
		*ret_signers = signers;
	return 0;
}
