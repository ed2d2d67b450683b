/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "format/der.h"
#include "format/signature.h"

#define ID "c0ca2778b86b0a17"
#define HEAD "sig " ID " ecdsa-p256-sha256 "
/* r = s = 1 */
#define DER "MAYCAQECAQE="

static char bytes[SIGNATURE_MAX_SIZE + 2], again[SIGNATURE_MAX_SIZE + 2];

static void golden(void **state)
{
	size_t size = read_data("two.signature", bytes, sizeof(bytes));
	struct signature_file file;
	struct err err = ERR_INIT;

	(void)state;
	assert_refused(signature_file_parse(bytes, size, &file, &err), 0, err, "");
	assert_int_equal(file.count, 2);
	assert_string_equal(file.lines[0].id, ID);
	assert_string_equal(file.lines[1].id, "4a87545e723091eb");
	assert_int_equal(file.lines[0].size, 71);
	assert_int_equal(file.lines[1].size, 70);
	assert_int_equal(file.lines[0].bytes[0], 0x30);
	assert_int_equal(signature_file_write(&file, again, sizeof(again)), size);
	assert_memory_equal(bytes, again, size);
	assert_int_equal(signature_file_write(&file, again, size + 1), size);
	assert_int_equal(signature_file_write(&file, again, size), -ENAMETOOLONG);
	assert_int_equal(signature_file_write(&file, again, 0), -ENAMETOOLONG);
}

static void refusals(void **state)
{
	static const char der[] = "line 1: is not a signature of ecdsa-p256-sha256";
	static const char rsa[] = "line 1: is not a signature of rsa-pkcs1-sha256";
	static const char base64[] = "line 1: must end in base64 of at most 512 bytes";
	static const char alg[] = "line 1: unknown algorithm";
	static const char id[] = "line 1: a key id is 16 lower-case hex digits";
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "", "holds no signature" },
		{ "\n", "line 1: is empty" },
		{ HEAD DER, "line 1: does not end in a line feed" },
		{ "key " ID "\n", "line 1: must start with `sig`" },
		{ "sig\n", id },
		{ "sig c0ca2778b86b0a1\n", id },
		{ "sig C0CA2778B86B0A17 ecdsa-p256-sha256 " DER "\n", id },
		{ "sig " ID "\n", alg },
		{ "sig " ID " rsa " DER "\n", alg },
		{ "sig " ID " ecdsa-p256-sha256\n", base64 },
		{ HEAD "MAYCAQECAQE\n", base64 },
		{ HEAD "MAYCAQECAQF=\n", base64 },
		{ HEAD DER " x\n", base64 },
		{ HEAD "MAYCAQECAQI=\n" HEAD DER "\n",
		  "line 2: key " ID " stands there twice" },
		{ HEAD "MAYCAQACAQE=\n", der },
		{ HEAD "AAAA\n", der },
		{ "sig " ID " rsa-pkcs1-sha256 " DER "\n", rsa },
		{ "sig " ID "  ecdsa-p256-sha256 " DER "\n",
		  "line 1: two spaces between words" },
		{ "sig  " ID " ecdsa-p256-sha256 " DER "\n",
		  "line 1: two spaces after the key" },
		{ "sig " ID " ecdsa-p256-sha256  " DER "\n", base64 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		struct signature_file file;

		assert_refused(signature_file_parse(cases[i].text, strlen(cases[i].text),
						    &file, &err),
			       -EBADMSG, err, cases[i].words);
	}
}

static void kinds(void **state)
{
	size_t size = read_data("mixed.signature", bytes, sizeof(bytes));
	struct signature_file file;
	struct err err = ERR_INIT;

	(void)state;
	assert_refused(signature_file_parse(bytes, size, &file, &err), 0, err, "");
	assert_int_equal(file.count, 4);
	assert_int_equal(file.lines[0].kind, KEY_P256);
	assert_int_equal(file.lines[3].kind, KEY_RSA);
	assert_int_equal(file.lines[3].size, 512);
	assert_int_equal(signature_file_write(&file, again, sizeof(again)), size);
	assert_memory_equal(bytes, again, size);
	/* as many as may be, of the largest kind */
	for (size_t i = 0; i < SIGNATURE_MAX_COUNT; i++) {
		file.lines[i] = file.lines[3];
		(void)snprintf(file.lines[i].id, KEY_ID_SIZE, "%016zx", i);
	}
	file.count = SIGNATURE_MAX_COUNT;
	assert_true(signature_file_write(&file, again, SIGNATURE_MAX_SIZE) > 0);
	for (size_t wrong = 0; wrong <= KEY_MAX_BYTES; wrong += 64) {
		int used;

		file.lines[0].size = wrong ? wrong : 1;
		file.count = 1;
		used = signature_file_write(&file, again, sizeof(again));
		assert_int_equal(signature_file_parse(again, (size_t)used, &file, &err),
				 wrong == 256 || wrong == 384 || wrong == 512 ? 0
									      : -EBADMSG);
	}
}

static void limits(void **state)
{
	struct signature_file file;
	struct err err = ERR_INIT;
	struct str s;

	(void)state;
	str_init(&s, bytes, sizeof(bytes));
	for (unsigned int i = 0; i < SIGNATURE_MAX_COUNT; i++)
		str_addf(&s, "sig %016x ecdsa-p256-sha256 " DER "\n", i);
	assert_refused(signature_file_parse(bytes, s.used, &file, &err), 0, err, "");
	assert_int_equal(file.count, SIGNATURE_MAX_COUNT);
	str_add(&s, HEAD DER "\n");
	assert_refused(signature_file_parse(bytes, s.used, &file, &err), -EBADMSG, err,
		       "line 9: more than 8 signatures");
	memset(bytes, 'a', sizeof(bytes));
	assert_refused(signature_file_parse(bytes, SIGNATURE_MAX_SIZE, &file, &err),
		       -EBADMSG, err, "line 1: does not end in a line feed");
	assert_refused(signature_file_parse(bytes, SIGNATURE_MAX_SIZE + 1, &file, &err),
		       -EFBIG, err, "is larger than 8192 bytes");
}

static void check_changed(const char *text, size_t size)
{
	struct err err = ERR_INIT;
	struct signature_file file;
	char *copy = malloc(size + 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, text, size);
	r = signature_file_parse(copy, size, &file, &err);
	free(copy);
	if (r < 0) {
		assert_int_equal(r, -EBADMSG);
		assert_true(err.text[0]);
		return;
	}
	assert_int_equal(signature_file_write(&file, again, sizeof(again)), size);
	assert_memory_equal(text, again, size);
}

static void cut_and_flipped(void **state)
{
	size_t size = read_data("two.signature", bytes, sizeof(bytes));

	(void)state;
	for (size_t cut = 0; cut <= size; cut++)
		check_changed(bytes, cut);
	for (size_t bit = 0; bit < 8 * size; bit++) {
		bytes[bit / 8] ^= (char)(1 << bit % 8);
		check_changed(bytes, size);
		bytes[bit / 8] ^= (char)(1 << bit % 8);
	}
}

static void der_both_ways(void **state)
{
	(void)state;
	/* numbers of every length, with the top bit clear and set */
	for (size_t r = 0; r < 32; r++) {
		for (size_t s = 0; s < 32; s++) {
			uint8_t raw[64] = { 0 }, back[64], der[DER_MAX_SIZE];
			size_t size;

			memset(raw + r, r & 1 ? 0x80 : 0x7f, 32 - r);
			memset(raw + 32 + s, s & 2 ? 0xff : 0x01, 32 - s);
			size = der_encode(raw, der);
			assert_in_range(size, 8, DER_MAX_SIZE);
			assert_int_equal(der_decode(der, size, back), 0);
			assert_memory_equal(raw, back, 64);
			for (size_t cut = 0; cut < size; cut++)
				assert_int_equal(der_decode(der, cut, back), -EBADMSG);
		}
	}
}

static void der_extremes(void **state)
{
	uint8_t raw[64], back[64], der[DER_MAX_SIZE + 1] = { 0 };

	(void)state;
	memset(raw, 0xff, sizeof(raw));
	assert_int_equal(der_encode(raw, der), DER_MAX_SIZE);
	assert_int_equal(der_decode(der, DER_MAX_SIZE, back), 0);
	assert_memory_equal(raw, back, 64);
	assert_int_equal(der_decode(der, sizeof(der), back), -EBADMSG);
	/* zeros have a DER, which is no signature */
	memset(raw, 0, sizeof(raw));
	assert_int_equal(der_encode(raw, der), 8);
	assert_memory_equal(der, "\x30\x06\x02\x01\x00\x02\x01\x00", 8);
	assert_int_equal(der_decode(der, 8, back), -EBADMSG);
}

static void der_refusals(void **state)
{
#define FF8 "\xff\xff\xff\xff\xff\xff\xff\xff"
	static const struct {
		const char *der;
		size_t size;
	} cases[] = {
		{ SIZED("\x31\x06\x02\x01\x01\x02\x01\x01") },	   /* not a SEQUENCE */
		{ SIZED("\x30\x81\x06\x02\x01\x01\x02\x01\x01") }, /* long length */
		{ SIZED("\x30\x80\x02\x01\x01\x02\x01\x01\x00\x00") }, /* BER */
		{ SIZED("\x30\x06\x02\x01\x01\x02\x01\x01\x00") },     /* behind it */
		{ SIZED("\x30\x07\x02\x01\x01\x02\x01\x01\x00") },     /* inside it */
		{ SIZED("\x30\x06\x03\x01\x01\x02\x01\x01") },	   /* not an INTEGER */
		{ SIZED("\x30\x06\x02\x01\x00\x02\x01\x01") },	   /* r = 0 */
		{ SIZED("\x30\x06\x02\x01\x01\x02\x01\x00") },	   /* s = 0 */
		{ SIZED("\x30\x06\x02\x01\x80\x02\x01\x01") },	   /* negative */
		{ SIZED("\x30\x07\x02\x02\x00\x01\x02\x01\x01") }, /* needless zero */
		{ SIZED("\x30\x05\x02\x00\x02\x01\x01") },	   /* empty */
		{ SIZED("\x30\x03\x02\x01\x01") },		   /* one number */
		{ SIZED("\x30\x00") },
		{ SIZED("\x30\x06\x02\x05\x01\x02\x01\x01") }, /* longer than the rest */
		{ SIZED("\x30\x26\x02\x21\x01" FF8 FF8 FF8 FF8 "\x02\x01\x01") }, /* 33 */
		{ SIZED("\x30\x27\x02\x22\x00" FF8 FF8 FF8 FF8 "\xff\x02\x01\x01") },
	};
	static const uint8_t least[] = { 0x30, 6, 2, 1, 1, 2, 1, 1 };
	uint8_t raw[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t *copy =
			malloc(cases[i].size); /* so that a read past it is seen */

		assert_non_null(copy);
		memcpy(copy, cases[i].der, cases[i].size);
		if (der_decode(copy, cases[i].size, raw) != -EBADMSG)
			fail_msg("case %zu was read", i);
		free(copy);
	}
	assert_int_equal(der_decode(least, sizeof(least), raw), 0);
	assert_int_equal(raw[31], 1);
}

static void example_of_the_page(void **state)
{
	size_t size = read_example("lamina-signature.5", "sig ", bytes, sizeof(bytes));
	struct signature_file file;
	struct err err = ERR_INIT;

	(void)state;
	assert_refused(signature_file_parse(bytes, size, &file, &err), 0, err, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden),
		cmocka_unit_test(refusals),
		cmocka_unit_test(kinds),
		cmocka_unit_test(limits),
		cmocka_unit_test(cut_and_flipped),
		cmocka_unit_test(der_both_ways),
		cmocka_unit_test(der_extremes),
		cmocka_unit_test(der_refusals),
		cmocka_unit_test(example_of_the_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
