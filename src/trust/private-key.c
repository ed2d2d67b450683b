/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/private-key.h"

#include <errno.h>
#include <psa/crypto.h>
#include <string.h>

#include "format/der.h"
#include "trust/public-key.h"
#include "trust/sha256.h"

/* By RFC 6979: the nonce comes from key and hash. */
#define ECDSA PSA_ALG_DETERMINISTIC_ECDSA(PSA_ALG_SHA_256)
#define RSA PSA_ALG_RSA_PKCS1V15_SIGN(PSA_ALG_SHA_256)

/* What PSA has of a signature as its line has it. Returns the size. */
static size_t keep_der(const uint8_t *raw, size_t size, uint8_t *ret_bytes)
{
	(void)size;
	return der_encode(raw, ret_bytes);
}

static size_t keep_bytes(const uint8_t *raw, size_t size, uint8_t *ret_bytes)
{
	memcpy(ret_bytes, raw, size);
	return size;
}

static const struct {
	psa_algorithm_t algorithm;
	size_t (*keep)(const uint8_t *raw, size_t size, uint8_t *ret_bytes);
	int unreadable; /* the public half can't be had: all but RSA's exponents fit */
} kinds[KEY_KINDS] = {
	[KEY_P256] = { ECDSA, keep_der, -EIO },
	[KEY_RSA] = { RSA, keep_bytes, -ENOTSUP },
};

static psa_key_attributes_t pair_attributes(enum key_kind kind, unsigned int bits)
{
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

	psa_set_key_type(&attributes, public_key_pair_type(kind));
	psa_set_key_bits(&attributes, bits);
	psa_set_key_usage_flags(&attributes,
				PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_EXPORT);
	psa_set_key_algorithm(&attributes, kinds[kind].algorithm);
	return attributes;
}

int private_key_start(struct err *err)
{
	psa_status_t status = psa_crypto_init();

	if (status != PSA_SUCCESS)
		return err_set(err, -EIO, "cryptography does not start (%d)",
			       (int)status);
	return 0;
}

static int read_public(psa_key_id_t id, enum key_kind kind, struct key_line *ret_key,
		       struct err *err)
{
	uint8_t bytes[KEY_MAX_BYTES + 32]; /* RSA's has the exponent too, and is DER */
	size_t size = 0;
	psa_status_t status = psa_export_public_key(id, bytes, sizeof(bytes), &size);

	if (status == PSA_SUCCESS)
		return public_key_import(kind, bytes, size, ret_key, err);
	return err_set(err, kinds[kind].unreadable, "cannot compute the public key (%d)",
		       (int)status);
}

int private_key_new(unsigned int rsa_bits, struct private_key *ret_key, struct err *err)
{
	enum key_kind kind = rsa_bits ? KEY_RSA : KEY_P256;
	psa_key_attributes_t attributes =
		pair_attributes(kind, rsa_bits ? rsa_bits : 256);
	struct private_key key = { .secret_size = 0 };
	psa_key_id_t id;
	psa_status_t status = psa_generate_key(&attributes, &id);
	int r = 0;

	if (status == PSA_SUCCESS) {
		status = psa_export_key(id, key.secret, sizeof(key.secret),
					&key.secret_size);
		r = read_public(id, kind, &key.public, err);
		(void)psa_destroy_key(id);
	}
	if (status != PSA_SUCCESS)
		r = err_set(err, -EIO, "cannot make a key (%d)", (int)status);
	if (r == 0)
		*ret_key = key;
	private_key_done(&key);
	return r;
}

int private_key_from_secret(enum key_kind kind, const uint8_t *secret, size_t size,
			    struct private_key *ret_key, struct err *err)
{
	psa_key_attributes_t attributes = pair_attributes(kind, 0);
	struct private_key key = { .secret_size = size };
	psa_key_id_t id;
	psa_status_t status = PSA_ERROR_INVALID_ARGUMENT;
	int r;

	if (size <= sizeof(key.secret))
		status = psa_import_key(&attributes, secret, size, &id);
	if (status == PSA_ERROR_INVALID_ARGUMENT)
		return err_set(err, -EBADMSG, "the secret is out of range");
	if (status != PSA_SUCCESS)
		return err_set(err, -EIO, "cannot take the secret (%d)", (int)status);
	r = read_public(id, kind, &key.public, err);
	(void)psa_destroy_key(id);
	if (r < 0)
		return r;
	memcpy(key.secret, secret, size);
	*ret_key = key;
	private_key_done(&key);
	return 0;
}

int private_key_sign(const struct private_key *key, const void *bytes, size_t size,
		     struct key_line *ret_line, struct err *err)
{
	enum key_kind kind = key->public.kind;
	psa_key_attributes_t attributes = pair_attributes(kind, 0);
	struct key_line line = { .kind = kind };
	uint8_t raw[KEY_MAX_BYTES];
	struct digest hash;
	psa_key_id_t id;
	psa_status_t status;
	int r = sha256_of(bytes, size, &hash);

	if (r < 0)
		return err_errno(err, r, "sha256");
	status = psa_import_key(&attributes, key->secret, key->secret_size, &id);
	if (status == PSA_SUCCESS) {
		status = psa_sign_hash(id, kinds[kind].algorithm, hash.bytes,
				       sizeof(hash.bytes), raw, sizeof(raw), &line.size);
		(void)psa_destroy_key(id);
	}
	if (status != PSA_SUCCESS)
		return err_set(err, -EIO, "cannot sign (%d)", (int)status);
	line.size = kinds[kind].keep(raw, line.size, line.bytes);
	memcpy(line.id, key->public.id, sizeof(line.id));
	*ret_line = line;
	return 0;
}

void private_key_done(struct private_key *key)
{
	if (key)
		explicit_bzero(key, sizeof(*key));
}
