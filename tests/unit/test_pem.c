/* SPDX-License-Identifier: Apache-2.0 */
/* tests/data/pem holds keys as openssl writes them; the first few are one and the same
 * key. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"
#include "bytes.h"
#include "trust/key.h"
#include "trust/private-key.h"
#include "trust/sha256.h"

static const char secret_hex[] =
	"4ab2c01d32c9276c180844722fb9eec5b7c71997a27506b5aa16b948a9cfbab2";
static const char point_hex[] =
	"04080a90360b51068b3a65fa459a1b406fe0491797d2a5f3f055b69096ecb18a9a"
	"48961fde7f60b2ac818ed84978d682c29364f406f2eb8f710ce99a9eee9f6c24";

static size_t read_pem_file(const char *name, char *ret_text, size_t room)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "pem/%s.pem", name);
	return read_data(path, ret_text, room);
}

static void assert_point(const struct key_line *key)
{
	char text[2 * KEY_POINT_SIZE + 1];

	assert_int_equal(key->kind, KEY_P256);
	assert_int_equal(key->size, KEY_POINT_SIZE);
	str_hex_encode(key->bytes, KEY_POINT_SIZE, text);
	assert_string_equal(text, point_hex);
}

static void private_forms(void **state)
{
	static const char *const names[] = { "ec", "pkcs8", "ec-no-public" };
	struct err err = ERR_INIT;
	struct private_key key;
	char pem[4096], text[65];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t size = read_pem_file(names[i], pem, sizeof(pem));

		memset(&key, 0, sizeof(key));
		assert_int_equal(private_key_read_pem(pem, size, &key, &err), 0);
		str_hex_encode(key.secret, 32, text);
		assert_string_equal(text, secret_hex);
		assert_point(&key.public);
	}
}

/* As `openssl ecparam -genkey` writes it: the curve's parameters first. */
static void parameters_first(void **state)
{
	struct err err = ERR_INIT;
	struct private_key key;
	char pem[4096];
	size_t size = read_pem_file("with-parameters", pem, sizeof(pem));

	(void)state;
	assert_int_equal(private_key_read_pem(pem, size, &key, &err), 0);
}

static void public_forms(void **state)
{
	static const char *const names[] = { "public", "public-compressed" };
	struct key_line point;
	struct err err = ERR_INIT;
	char pem[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t size = read_pem_file(names[i], pem, sizeof(pem));

		memset(&point, 0, sizeof(point));
		assert_int_equal(public_key_read_pem(pem, size, &point, &err), 0);
		assert_point(&point);
	}
}

/* DOS line ends, text before and after, no NUL: `size` is what counts. */
static void around_the_key(void **state)
{
	struct err err = ERR_INIT;
	struct private_key key;
	char pem[4096], text[8192];
	size_t size = read_pem_file("ec", pem, sizeof(pem)), used = 0;

	(void)state;
	used += (size_t)snprintf(text, sizeof(text), "the key of the ----- release\r\n");
	for (size_t i = 0; i < size; i++) {
		if (pem[i] == '\n')
			text[used++] = '\r';
		text[used++] = pem[i];
	}
	memcpy(text + used, "the end\r\n", 9);
	assert_int_equal(private_key_read_pem(text, used + 9, &key, &err), 0);
	assert_point(&key.public);
	memset(text + used, 'x', sizeof(text) - used);
	assert_int_equal(private_key_read_pem(text, used, &key, &err), 0);
}

static void refused_private(void **state)
{
	static const struct {
		const char *name, *reason;
		int r;
	} bad[] = {
		{ "encrypted-ec", "the key is encrypted, decrypt it first (openssl pkey)",
		  -ENOTSUP },
		{ "encrypted-pkcs8",
		  "the key is encrypted, decrypt it first (openssl pkey)", -ENOTSUP },
		{ "p384", "not an ECDSA P-256 or RSA key", -ENOTSUP },
		{ "secp256k1", "not an ECDSA P-256 or RSA key", -ENOTSUP },
		{ "explicit", "malformed PEM key (-0x3d62)", -EBADMSG },
		{ "ed25519", "not an ECDSA P-256 or RSA key", -ENOTSUP },
		{ "rsa-pkcs8", "an RSA key of 1024 bits: need 2048, 3072 or 4096",
		  -ENOTSUP },
		{ "rsa", "an RSA key of 1024 bits: need 2048, 3072 or 4096", -ENOTSUP },
		{ "rsa2056", "an RSA key of 2056 bits: need 2048, 3072 or 4096",
		  -ENOTSUP },
		{ "rsa-exponent-3", "an RSA key whose public exponent is not 65537",
		  -ENOTSUP },
		{ "rsa-pss", "not an ECDSA P-256 or RSA key", -ENOTSUP },
		{ "encrypted-rsa",
		  "the key is encrypted, decrypt it first (openssl pkey)", -ENOTSUP },
		{ "rsa2048-public", "a public key, need the private one", -EBADMSG },
		{ "rsa2048-public-pkcs1", "a public key, need the private one",
		  -EBADMSG },
		{ "certificate", "holds 'CERTIFICATE', need an ECDSA P-256 or RSA key",
		  -ENOTSUP },
		{ "public", "a public key, need the private one", -EBADMSG },
	};
	struct err err = ERR_INIT;
	struct private_key key;
	char pem[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		size_t size = read_pem_file(bad[i].name, pem, sizeof(pem));

		assert_refused(private_key_read_pem(pem, size, &key, &err), bad[i].r, err,
			       bad[i].reason);
	}
}

static void refused_public(void **state)
{
	static const struct {
		const char *name, *reason;
		int r;
	} bad[] = {
		{ "p384-public", "not an ECDSA P-256 or RSA key", -ENOTSUP },
		{ "ed25519-public", "not an ECDSA P-256 or RSA key", -ENOTSUP },
		{ "rsa-public", "an RSA key of 1024 bits: need 2048, 3072 or 4096",
		  -ENOTSUP },
		{ "rsa-exponent-3-public",
		  "an RSA key whose public exponent is not 65537", -ENOTSUP },
		{ "rsa2048", "a private key, need the public one", -EBADMSG },
		{ "ec", "a private key, need the public one", -EBADMSG },
		{ "pkcs8", "a private key, need the public one", -EBADMSG },
		{ "certificate", "holds 'CERTIFICATE', need an ECDSA P-256 or RSA key",
		  -ENOTSUP },
	};
	struct key_line point;
	struct err err = ERR_INIT;
	char pem[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		size_t size = read_pem_file(bad[i].name, pem, sizeof(pem));

		assert_refused(public_key_read_pem(pem, size, &point, &err), bad[i].r,
			       err, bad[i].reason);
	}
}

/* Cut anywhere a file is refused, except where only the last line end is missing. */
static void truncated(void **state)
{
	struct err err = ERR_INIT;
	struct private_key key;
	char pem[4096];
	size_t size = read_pem_file("pkcs8", pem, sizeof(pem));

	(void)state;
	for (size_t cut = 0; cut < size - 1; cut++)
		assert_int_equal(private_key_read_pem(pem, cut, &key, &err), -EBADMSG);
	assert_int_equal(private_key_read_pem(pem, size - 1, &key, &err), 0);
	assert_refused(private_key_read_pem("", 0, &key, &err), -EBADMSG, err,
		       "no PEM key");
	assert_refused(private_key_read_pem(pem, 1 << 20, &key, &err), -EBADMSG, err,
		       "too large for a key");
}

/* What is written for openssl's keys is openssl's file, from every form of it. */
static void rsa_forms(void **state)
{
	static const char *const privates[] = { "rsa2048", "rsa2048-pkcs8" };
	static const char *const publics[] = { "rsa2048-public", "rsa2048-public-pkcs1" };
	char pem[4096], wanted[4096], text[PRIVATE_KEY_PEM_SIZE];
	static struct private_key key;
	struct err err = ERR_INIT;
	struct key_line public;
	size_t size, wanted_size = read_pem_file("rsa2048", wanted, sizeof(wanted));

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		size = read_pem_file(privates[i], pem, sizeof(pem));
		assert_int_equal(private_key_read_pem(pem, size, &key, &err), 0);
		assert_string_equal(key.public.id, "2471cf70bff173b4");
		assert_int_equal(private_key_write_pem(&key, text, &err), 0);
		assert_int_equal(strlen(text), wanted_size);
		assert_memory_equal(text, wanted, wanted_size);
	}
	wanted_size = read_pem_file("rsa2048-public", wanted, sizeof(wanted));
	for (size_t i = 0; i < 2; i++) {
		size = read_pem_file(publics[i], pem, sizeof(pem));
		assert_int_equal(public_key_read_pem(pem, size, &public, &err), 0);
		assert_memory_equal(&public, &key.public, sizeof(public));
		assert_int_equal(public_key_write_pem(&public, text, &err), 0);
		assert_int_equal(strlen(text), wanted_size);
		assert_memory_equal(text, wanted, wanted_size);
	}
}

/* The largest there is fits everywhere. */
static void rsa_4096(void **state)
{
	static struct private_key key, again;
	char pem[PRIVATE_KEY_PEM_SIZE];
	struct err err = ERR_INIT;
	struct key_line public;
	size_t size = read_pem_file("rsa4096", pem, sizeof(pem));

	(void)state;
	assert_int_equal(private_key_read_pem(pem, size, &key, &err), 0);
	assert_int_equal(key.public.size, 512);
	assert_int_equal(private_key_write_pem(&key, pem, &err), 0);
	assert_int_equal(private_key_read_pem(pem, strlen(pem), &again, &err), 0);
	assert_memory_equal(&key, &again, sizeof(key));
	assert_int_equal(public_key_write_pem(&key.public, pem, &err), 0);
	assert_int_equal(public_key_read_pem(pem, strlen(pem), &public, &err), 0);
	assert_memory_equal(&key.public, &public, sizeof(public));
}

static void round_trip(void **state)
{
	struct key_line point;
	char pem[PRIVATE_KEY_PEM_SIZE];
	struct private_key key, again;
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i < 50; i++) {
		assert_int_equal(private_key_new(0, &key, &err), 0);
		assert_int_equal(private_key_write_pem(&key, pem, &err), 0);
		assert_int_equal(private_key_read_pem(pem, strlen(pem), &again, &err), 0);
		assert_memory_equal(&key, &again, sizeof(key));
		assert_int_equal(public_key_write_pem(&key.public, pem, &err), 0);
		assert_int_equal(public_key_read_pem(pem, strlen(pem), &point, &err), 0);
		assert_memory_equal(&key.public, &point, sizeof(point));
	}
	point.bytes[10] ^= 1;
	assert_true(public_key_write_pem(&point, pem, &err) < 0);
}

/* What is written for the golden key is openssl's file, byte for byte. */
static void same_as_openssl(void **state)
{
	char pem[4096], text[PRIVATE_KEY_PEM_SIZE];
	struct err err = ERR_INIT;
	struct private_key key;
	size_t size = read_pem_file("ec", pem, sizeof(pem));

	(void)state;
	assert_int_equal(private_key_read_pem(pem, size, &key, &err), 0);
	assert_int_equal(private_key_write_pem(&key, text, &err), 0);
	assert_int_equal(strlen(text), size);
	assert_memory_equal(text, pem, size);
	size = read_pem_file("public", pem, sizeof(pem));
	assert_int_equal(public_key_write_pem(&key.public, text, &err), 0);
	assert_int_equal(strlen(text), size);
	assert_memory_equal(text, pem, size);
}

static void write_file(const char *dir, const char *name, const void *bytes, size_t size)
{
	char path[64];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

/* The openssl that is installed reads our files and takes our signature. */
static void openssl_agrees(void **state)
{
	static const char message[] = "lamina 1\n";
	char dir[] = "/tmp/test_pem.XXXXXX", pem[PRIVATE_KEY_PEM_SIZE];
	struct key_line line;
	struct err err = ERR_INIT;
	struct private_key key;

	(void)state;
	if (system("openssl version >/dev/null 2>&1") != 0)
		skip_for("no openssl");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(setenv("DIR", dir, 1), 0);
	assert_int_equal(private_key_new(0, &key, &err), 0);
	assert_int_equal(private_key_write_pem(&key, pem, &err), 0);
	write_file(dir, "private", pem, strlen(pem));
	assert_int_equal(public_key_write_pem(&key.public, pem, &err), 0);
	write_file(dir, "public", pem, strlen(pem));
	assert_int_equal(
		private_key_sign(&key, message, sizeof(message) - 1, &line, &err), 0);
	write_file(dir, "signature", line.bytes, line.size);
	write_file(dir, "message", message, sizeof(message) - 1);
	assert_int_equal(
		system("cd \"$DIR\" && openssl pkey -in private -check -noout >/dev/null"
		       " && openssl pkey -in private -pubout | cmp - public"
		       " && openssl dgst -sha256 -verify public -signature signature"
		       " message >/dev/null"),
		0);
	assert_int_equal(system("rm -r \"$DIR\""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(private_forms),   cmocka_unit_test(parameters_first),
		cmocka_unit_test(public_forms),	   cmocka_unit_test(around_the_key),
		cmocka_unit_test(refused_private), cmocka_unit_test(refused_public),
		cmocka_unit_test(truncated),	   cmocka_unit_test(round_trip),
		cmocka_unit_test(rsa_forms),	   cmocka_unit_test(rsa_4096),
		cmocka_unit_test(same_as_openssl), cmocka_unit_test(openssl_agrees),
	};
	struct err err = ERR_INIT;

	return private_key_start(&err) < 0 ? 1
					   : cmocka_run_group_tests(tests, NULL, NULL);
}
