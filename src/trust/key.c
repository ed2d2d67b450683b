/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/key.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/str.h"
#include "format/der.h"
#include "trust/p256.h"
#include "trust/rsa.h"
#include "trust/sha256.h"

typedef int verify_fn(const struct key_line *key, const struct digest *hash,
		      const struct key_line *signature);

#ifdef CONFIG_LAMINA_KEY_P256
static int verify_p256(const struct key_line *key, const struct digest *hash,
		       const struct key_line *signature)
{
	uint8_t raw[P256_SIGNATURE_SIZE];

	if (der_decode(signature->bytes, signature->size, raw) < 0)
		return -EBADMSG;
	return p256_verify(key->bytes, hash, raw);
}
#endif

#ifdef CONFIG_LAMINA_KEY_RSA
static int verify_rsa(const struct key_line *key, const struct digest *hash,
		      const struct key_line *signature)
{
	if (signature->size != key->size)
		return -EBADMSG;
	return rsa_verify(key->bytes, key->size, hash, signature->bytes);
}
#endif

/* Each 0; -EBADMSG when that is no signature of this key's; -EKEYREJECTED when it does
 * not hold; -EINVAL when the key is none. NULL where Kconfig left the kind out. */
static const struct {
	verify_fn *verify;
	const char *option;
} kinds[KEY_KINDS] = {
#ifdef CONFIG_LAMINA_KEY_P256
	[KEY_P256] = { .verify = verify_p256 },
#else
	[KEY_P256] = { .option = "LAMINA_KEY_P256" },
#endif
#ifdef CONFIG_LAMINA_KEY_RSA
	[KEY_RSA] = { .verify = verify_rsa },
#else
	[KEY_RSA] = { .option = "LAMINA_KEY_RSA" },
#endif
};

int key_id(const struct key_line *key, char ret_id[KEY_ID_SIZE])
{
	struct digest hash;
	int r = sha256_of(key->bytes, key->size, &hash);

	if (r < 0)
		return r;
	str_hex_encode(hash.bytes, (KEY_ID_SIZE - 1) / 2, ret_id);
	return 0;
}

static int check_kind(const struct key_line *key, struct err *err)
{
	if (kinds[key->kind].verify)
		return 0;
	return err_set(err, -ENOTSUP, "key %s: built without %s", key->id,
		       kinds[key->kind].option);
}

int key_check_ring(const struct keyring *ring, struct err *err)
{
	for (size_t i = 0; i < ring->count; i++) {
		const struct key_line *key = &ring->keys[i];
		char id[KEY_ID_SIZE];
		int r = key_id(key, id);

		if (r < 0)
			return err_errno(err, r, "key %s", key->id);
		if (strcmp(id, key->id) != 0)
			return err_set(err, -EBADMSG, "key %s: its id should be %s",
				       key->id, id);
		r = check_kind(key, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Does this one signature over @hash hold? 0, -EKEYREJECTED or -ENOTSUP. */
static int verify_line(const struct digest *hash, const struct key_line *line,
		       const struct key_line *key, struct err *err)
{
	int r = check_kind(key, err);

	if (r < 0)
		return r;
	if (line->kind != key->kind)
		return err_set(err, -EKEYREJECTED, "key %s signs with %s, not %s",
			       key->id, key_kind_name(key->kind),
			       key_kind_name(line->kind));
	switch (kinds[key->kind].verify(key, hash, line)) {
	case 0:
		return 0;
	case -EBADMSG:
		return err_set(err, -EKEYREJECTED, "signature of key %s: not a signature",
			       key->id);
	case -EINVAL:
		return err_set(err, -EKEYREJECTED, "key %s: not a public key", key->id);
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

/* Fills @signers from the lines whose key is in the ring. 0, -ENOKEY, -EKEYREJECTED,
 * -ENOTSUP. */
static int verify_lines(const struct digest *hash,
			const struct signature_file *signatures,
			const struct keyring *ring, struct key_signers *signers,
			struct err *err)
{
	for (size_t i = 0; i < signatures->count; i++) {
		const struct key_line *line = &signatures->lines[i];
		const struct key_line *key = keyring_find(ring, line->id);
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
		       signatures->count ? signatures->lines[0].id : "nobody",
		       signatures->count > 1 ? " and others" : "");
}

int key_verify(const void *bytes, size_t size, const struct signature_file *signatures,
	       const struct keyring *ring, uint32_t threshold,
	       struct key_signers *ret_signers, struct err *err)
{
	struct key_signers signers = { .count = 0 };
	struct digest hash;
	int r = sha256_of(bytes, size, &hash);

	if (r < 0)
		return err_errno(err, r, "sha256");
	r = verify_lines(&hash, signatures, ring, &signers, err);
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
