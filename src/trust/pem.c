/* SPDX-License-Identifier: Apache-2.0 */
/* Keys as PEM text: the readers and writers of private-key.h. */
#include <errno.h>
#include <mbedtls/pk.h>
#include <mbedtls/psa_util.h>
#include <psa/crypto.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "trust/private-key.h"
#include "trust/public-key.h"

#define MAX_PEM 16384 /* an RSA key takes 3,300 bytes; people put comments before it */

struct exported {
	enum key_kind kind;
	uint8_t bytes[PRIVATE_KEY_SECRET_SIZE];
	size_t size;
};

/* The word between "-----BEGIN " and "-----", first one that isn't mere curve parameters.
 */
static size_t find_label(const char *text, const char **ret_label)
{
	static const char begin[] = "-----BEGIN ", parameters[] = "EC PARAMETERS-----";

	for (;;) {
		const char *end;

		text = strstr(text, begin);
		if (!text)
			return 0;
		text += sizeof(begin) - 1;
		end = strstr(text, "-----");
		if (!end)
			return 0;
		if (strncmp(text, parameters, sizeof(parameters) - 1) != 0) {
			*ret_label = text;
			return (size_t)(end - text);
		}
	}
}

static bool label_is(const char *label, size_t size, const char *name)
{
	return strlen(name) == size && memcmp(label, name, size) == 0;
}

static bool label_in(const char *label, size_t size, const char *const *names)
{
	for (; *names; names++)
		if (label_is(label, size, *names))
			return true;
	return false;
}

/* Is this the sort of PEM that can hold the key? Says what it is otherwise. */
static int check_label(const char *text, bool private, struct err *err)
{
	static const char *const publics[] = { "PUBLIC KEY", "RSA PUBLIC KEY", NULL };
	static const char *const privates[] = { "PRIVATE KEY", "EC PRIVATE KEY",
						"RSA PRIVATE KEY", NULL };
	const char *label = "";
	size_t size = find_label(text, &label);
	bool is_public = label_in(label, size, publics);
	bool is_private = label_in(label, size, privates);

	if (size == 0)
		return err_set(err, -EBADMSG, "no PEM key");
	if (label_is(label, size, "ENCRYPTED PRIVATE KEY") ||
	    strstr(text, "\nProc-Type: 4,ENC"))
		return err_set(err, -ENOTSUP,
			       "the key is encrypted, decrypt it first (openssl pkey)");
	if (private && is_public)
		return err_set(err, -EBADMSG, "a public key, need the private one");
	if (!private && is_private)
		return err_set(err, -EBADMSG, "a private key, need the public one");
	if (!is_public && !is_private)
		return err_set(err, -ENOTSUP,
			       "holds '%.*s', need an ECDSA P-256 or RSA key",
			       size < 40 ? (int)size : 40, label);
	return 0;
}

/* mbedtls wants the NUL, and stops at the first. */
static char *to_text(const char *pem, size_t size)
{
	char *text = size <= MAX_PEM ? malloc(size + 1) : NULL;

	if (text) {
		memcpy(text, pem, size);
		text[size] = '\0';
	}
	return text;
}

static int parse(mbedtls_pk_context *pk, const char *text, bool private, struct err *err)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t size = strlen(text) + 1;
	int r = check_label(text, private, err);

	if (r < 0)
		return r;
	if (private)
		r = mbedtls_pk_parse_key(pk, bytes, size, NULL, 0, mbedtls_psa_get_random,
					 MBEDTLS_PSA_RANDOM_STATE);
	else
		r = mbedtls_pk_parse_public_key(pk, bytes, size);
	switch (r) {
	case 0:
		break;
	case MBEDTLS_ERR_PK_UNKNOWN_PK_ALG:
	case MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE:
	case MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE:
		return err_set(err, -ENOTSUP, "not an ECDSA P-256 or RSA key");
	default:
		return err_set(err, -EBADMSG, "malformed PEM key (-0x%04x)",
			       (unsigned int)-r);
	}
	if (mbedtls_pk_get_type(pk) == MBEDTLS_PK_RSA)
		return public_key_check_bits(mbedtls_pk_get_bitlen(pk), err);
	if (mbedtls_pk_get_type(pk) != MBEDTLS_PK_ECKEY ||
	    mbedtls_pk_get_bitlen(pk) != 256)
		return err_set(err, -ENOTSUP, "not an ECDSA P-256 or RSA key");
	return 0;
}

/* The key's bytes as PSA exports them: the secret, or the public half. */
static int export(mbedtls_pk_context *pk, psa_key_usage_t usage, struct exported *ret,
		  struct err *err)
{
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	psa_key_id_t id;
	int r = mbedtls_pk_get_psa_attributes(pk, usage, &attributes);

	if (r == 0) {
		psa_set_key_usage_flags(&attributes,
					psa_get_key_usage_flags(&attributes) |
						PSA_KEY_USAGE_EXPORT);
		r = mbedtls_pk_import_into_psa(pk, &attributes, &id);
	}
	if (r == 0) {
		r = psa_export_key(id, ret->bytes, sizeof(ret->bytes), &ret->size);
		(void)psa_destroy_key(id);
	}
	if (r != 0)
		return err_set(err, -EBADMSG, "malformed PEM key (%d)", r);
	ret->kind = mbedtls_pk_get_type(pk) == MBEDTLS_PK_RSA ? KEY_RSA : KEY_P256;
	return 0;
}

static int read_pem(const char *pem, size_t size, bool private, struct exported *ret,
		    struct err *err)
{
	psa_key_usage_t usage =
		private ? PSA_KEY_USAGE_SIGN_HASH : PSA_KEY_USAGE_VERIFY_HASH;
	mbedtls_pk_context pk;
	char *text = to_text(pem, size);
	int r;

	if (!text)
		return err_set(err, -EBADMSG, "too large for a key");
	mbedtls_pk_init(&pk);
	r = parse(&pk, text, private, err);
	if (r == 0)
		r = export(&pk, usage, ret, err);
	mbedtls_pk_free(&pk);
	explicit_bzero(text, size);
	free(text);
	return r;
}

int private_key_read_pem(const char *pem, size_t size, struct private_key *ret_key,
			 struct err *err)
{
	struct exported secret = { .size = 0 };
	int r = read_pem(pem, size, true, &secret, err);

	/* The public half is computed: a file may hold none, or another key's. */
	if (r == 0)
		r = private_key_from_secret(secret.kind, secret.bytes, secret.size,
					    ret_key, err);
	explicit_bzero(&secret, sizeof(secret));
	return r;
}

int public_key_read_pem(const char *pem, size_t size, struct key_line *ret_key,
			struct err *err)
{
	struct exported public;
	int r = read_pem(pem, size, false, &public, err);

	return r < 0 ? r
		     : public_key_import(public.kind, public.bytes, public.size, ret_key,
					 err);
}

typedef int write_fn(const mbedtls_pk_context *pk, unsigned char *buf, size_t size);

/* @r is how making @pk went. */
static int write_pem(int r, const mbedtls_pk_context *pk, write_fn *write,
		     char ret_pem[PRIVATE_KEY_PEM_SIZE], struct err *err)
{
	unsigned char text[PRIVATE_KEY_PEM_SIZE];

	if (r == 0)
		r = write(pk, text, sizeof(text));
	if (r == 0)
		memcpy(ret_pem, text, strlen((char *)text) + 1);
	explicit_bzero(text, sizeof(text));
	return r == 0 ? 0 : err_set(err, -EIO, "cannot write the key (%d)", r);
}

static int secret_to_pk(const struct private_key *key, mbedtls_pk_context *pk)
{
	return public_key_bytes_to_pk(public_key_pair_type(key->public.kind), key->secret,
				      key->secret_size, mbedtls_pk_copy_from_psa, pk);
}

int private_key_write_pem(const struct private_key *key,
			  char ret_pem[PRIVATE_KEY_PEM_SIZE], struct err *err)
{
	mbedtls_pk_context pk;
	int r;

	mbedtls_pk_init(&pk);
	r = write_pem(secret_to_pk(key, &pk), &pk, mbedtls_pk_write_key_pem, ret_pem,
		      err);
	mbedtls_pk_free(&pk);
	return r;
}

int public_key_write_pem(const struct key_line *key, char ret_pem[PRIVATE_KEY_PEM_SIZE],
			 struct err *err)
{
	mbedtls_pk_context pk;
	int r;

	mbedtls_pk_init(&pk);
	r = write_pem(public_key_to_pk(key, &pk), &pk, mbedtls_pk_write_pubkey_pem,
		      ret_pem, err);
	mbedtls_pk_free(&pk);
	return r;
}
