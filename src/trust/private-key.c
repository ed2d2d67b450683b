/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/private-key.h"

#include <errno.h>
#include <psa/crypto.h>
#include <string.h>

#include "trust/digest.h"
#include "trust/key.h"

/* By RFC 6979: the nonce comes from key and hash. */
#define ALGORITHM PSA_ALG_DETERMINISTIC_ECDSA(PSA_ALG_SHA_256)

static psa_key_attributes_t pair_attributes(void)
{
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

	psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
	psa_set_key_bits(&attributes, 256);
	psa_set_key_usage_flags(&attributes,
				PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_EXPORT);
	psa_set_key_algorithm(&attributes, ALGORITHM);
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

int private_key_new(struct private_key *ret_key, struct err *err)
{
	psa_key_attributes_t attributes = pair_attributes();
	struct private_key key;
	size_t secret_size = 0, point_size = 0;
	psa_key_id_t id;
	psa_status_t status = psa_generate_key(&attributes, &id);

	if (status == PSA_SUCCESS) {
		status = psa_export_key(id, key.secret, sizeof(key.secret), &secret_size);
		if (status == PSA_SUCCESS)
			status = psa_export_public_key(id, key.point, sizeof(key.point),
						       &point_size);
		(void)psa_destroy_key(id);
	}
	if (status == PSA_SUCCESS && secret_size == sizeof(key.secret) &&
	    point_size == sizeof(key.point))
		*ret_key = key;
	else
		status = status == PSA_SUCCESS ? PSA_ERROR_GENERIC_ERROR : status;
	private_key_done(&key);
	if (status != PSA_SUCCESS)
		return err_set(err, -EIO, "cannot make a key (%d)", (int)status);
	return 0;
}

int private_key_from_secret(const uint8_t secret[32], struct private_key *ret_key,
			    struct err *err)
{
	psa_key_attributes_t attributes = pair_attributes();
	uint8_t point[KEYRING_POINT_SIZE];
	size_t size = 0;
	psa_key_id_t id;
	psa_status_t status = psa_import_key(&attributes, secret, 32, &id);

	if (status == PSA_ERROR_INVALID_ARGUMENT)
		return err_set(err, -EBADMSG, "the secret is out of range");
	if (status == PSA_SUCCESS) {
		status = psa_export_public_key(id, point, sizeof(point), &size);
		(void)psa_destroy_key(id);
	}
	if (status != PSA_SUCCESS || size != sizeof(point))
		return err_set(err, -EIO, "cannot compute the public key (%d)",
			       (int)status);
	memcpy(ret_key->secret, secret, 32);
	memcpy(ret_key->point, point, sizeof(point));
	return 0;
}

int private_key_sign(const struct private_key *key, const void *bytes, size_t size,
		     struct signature_line *ret_line, struct err *err)
{
	psa_key_attributes_t attributes = pair_attributes();
	struct signature_line line;
	uint8_t hash[DIGEST_SIZE], raw[64];
	size_t raw_size = 0;
	psa_key_id_t id;
	psa_status_t status;
	int r = digest_of(bytes, size, hash);

	if (r == 0)
		r = key_id(key->point, line.key_id);
	if (r < 0)
		return err_errno(err, r, "sha256");
	status = psa_import_key(&attributes, key->secret, sizeof(key->secret), &id);
	if (status == PSA_SUCCESS) {
		status = psa_sign_hash(id, ALGORITHM, hash, sizeof(hash), raw,
				       sizeof(raw), &raw_size);
		(void)psa_destroy_key(id);
	}
	if (status != PSA_SUCCESS || raw_size != sizeof(raw))
		return err_set(err, -EIO, "cannot sign (%d)", (int)status);
	line.der_size = signature_der_encode(raw, line.der);
	*ret_line = line;
	return 0;
}

void private_key_done(struct private_key *key)
{
	if (key)
		explicit_bzero(key, sizeof(*key));
}
