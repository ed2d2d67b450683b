/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/public-key.h"

#include <errno.h>
#include <mbedtls/rsa.h>
#include <psa/crypto.h>
#include <string.h>

#include "trust/key.h"

static const uint8_t exponent[] = { 0x01, 0x00, 0x01 };

int public_key_check_bits(size_t bits, struct err *err)
{
	if (bits == 2048 || bits == 3072 || bits == 4096)
		return 0;
	return err_set(err, -ENOTSUP, "an RSA key of %zu bits: need 2048, 3072 or 4096",
		       bits);
}

static int modulus_of(const mbedtls_rsa_context *rsa, struct key_line *key,
		      struct err *err)
{
	uint8_t e[KEY_MAX_BYTES], wanted[KEY_MAX_BYTES] = { 0 };
	size_t size = mbedtls_rsa_get_len(rsa);
	int r = public_key_check_bits(mbedtls_rsa_get_bitlen(rsa), err);

	if (r < 0)
		return r;
	if (mbedtls_rsa_export_raw(rsa, key->bytes, size, NULL, 0, NULL, 0, NULL, 0, e,
				   sizeof(e)) != 0 ||
	    !key_kind_is_key(KEY_RSA, key->bytes, size))
		return err_set(err, -ENOTSUP, "no RSA key that devices take");
	memcpy(wanted + sizeof(wanted) - sizeof(exponent), exponent, sizeof(exponent));
	if (memcmp(e, wanted, sizeof(e)) != 0)
		return err_set(err, -ENOTSUP,
			       "an RSA key whose public exponent is not 65537");
	key->size = size;
	return 0;
}

static int import_rsa(const uint8_t *der, size_t size, struct key_line *key,
		      struct err *err)
{
	mbedtls_pk_context pk;
	int r;

	mbedtls_pk_init(&pk);
	r = mbedtls_pk_parse_public_key(&pk, der, size);
	if (r == 0 && mbedtls_pk_get_type(&pk) == MBEDTLS_PK_RSA)
		r = modulus_of(mbedtls_pk_rsa(pk), key, err);
	else
		r = err_set(err, -EBADMSG, "malformed RSA key (%d)", r);
	mbedtls_pk_free(&pk);
	return r;
}

static int import_point(const uint8_t *bytes, size_t size, struct key_line *key,
			struct err *err)
{
	if (!key_kind_is_key(KEY_P256, bytes, size))
		return err_set(err, -EBADMSG, "malformed P-256 key");
	memcpy(key->bytes, bytes, size);
	key->size = size;
	return 0;
}

int public_key_bytes_to_pk(psa_key_type_t type, const uint8_t *bytes, size_t size,
			   public_key_copy *copy, mbedtls_pk_context *pk)
{
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	psa_key_id_t id;
	int r;

	psa_set_key_type(&attributes, type);
	psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_EXPORT);
	r = psa_import_key(&attributes, bytes, size, &id);
	if (r == 0) {
		r = copy(id, pk);
		(void)psa_destroy_key(id);
	}
	return r;
}

static int modulus_to_pk(const struct key_line *key, mbedtls_pk_context *pk)
{
	int r = mbedtls_pk_setup(pk, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA));

	if (r == 0)
		r = mbedtls_rsa_import_raw(mbedtls_pk_rsa(*pk), key->bytes, key->size,
					   NULL, 0, NULL, 0, NULL, 0, exponent,
					   sizeof(exponent));
	return r == 0 ? mbedtls_rsa_complete(mbedtls_pk_rsa(*pk)) : r;
}

static int point_to_pk(const struct key_line *key, mbedtls_pk_context *pk)
{
	return public_key_bytes_to_pk(PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1),
				      key->bytes, key->size,
				      mbedtls_pk_copy_public_from_psa, pk);
}

static const struct {
	psa_key_type_t pair_type;
	int (*import)(const uint8_t *bytes, size_t size, struct key_line *key,
		      struct err *err);
	int (*to_pk)(const struct key_line *key, mbedtls_pk_context *pk);
} kinds[KEY_KINDS] = {
	[KEY_P256] = { PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1), import_point,
		       point_to_pk },
	[KEY_RSA] = { PSA_KEY_TYPE_RSA_KEY_PAIR, import_rsa, modulus_to_pk },
};

psa_key_type_t public_key_pair_type(enum key_kind kind)
{
	return kinds[kind].pair_type;
}

int public_key_import(enum key_kind kind, const uint8_t *bytes, size_t size,
		      struct key_line *ret_key, struct err *err)
{
	struct key_line key = { .kind = kind };
	int r = kinds[kind].import(bytes, size, &key, err);

	if (r < 0)
		return r;
	r = key_id(&key, key.id);
	if (r < 0)
		return err_errno(err, r, "sha256");
	*ret_key = key;
	return 0;
}

int public_key_to_pk(const struct key_line *key, mbedtls_pk_context *pk)
{
	return kinds[key->kind].to_pk(key, pk);
}
