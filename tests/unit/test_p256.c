/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/str.h"
#include "bytes.h"
#include "trust/p256.h"

/*
 * A signature is good when the x of u1 times G plus u2 times Q is r, where s = r / u2 and
 * the hash is s times u1, modulo the order n. With u1 and u2 chosen, and Q a known
 * multiple of G, the additions meet what almost no signature brings about: two equal
 * points to add, two opposite ones, none. The numbers were computed with plain integers,
 * in affine coordinates.
 */
static const struct {
	int result;
	const char *point, *hash, *signature;
} cases[] = {
	/* Q = G, u1 = u2 = 1: G and G */
	{ 0,
	  "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
	  "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
	  "7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978",
	  "7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978"
	  "7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978" },
	/* Q = 2G, u1 = 2, u2 = 1: 2G and 2G */
	{ 0,
	  "7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978"
	  "07775510db8ed040293d9ac69f7430dbba7dade63ce982299e04b79d227873d1",
	  "c4a6946b65a11f76405bbccb3dcc57a04958cb0949938f59ad6c39c5d9a2eb53",
	  "e2534a3532d08fbba02dde659ee62bd0031fe2db785596ef509302446b030852"
	  "e2534a3532d08fbba02dde659ee62bd0031fe2db785596ef509302446b030852" },
	/* Q = -G, u1 = 7, u2 = 6: G and -G, then G to nothing */
	{ 0,
	  "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
	  "b01cbd1c01e58065711814b583f061e9d431cca994cea1313449bf97c840ae0a",
	  "d24674f05c08f7fef7870d60f43fa11ac9d110a5ed44f112c3fa0667d0d344ca",
	  "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
	  "672ea2fd7adcb5b6feca267b909b602852cd9324bf59bd71cf58cd21f83a8234" },
	/* Q = -4G, u1 = 9, u2 = 2: 4G and -4G, then G to nothing */
	{ 0,
	  "e2534a3532d08fbba02dde659ee62bd0031fe2db785596ef509302446b030852"
	  "1f0ea8a4b39cc339e62011a02579d289b103693d0cf11ffaa3bd3dc0e7b12739",
	  "e1eb30c5f5472a42df520f08406324435aa8ba17a78ac9cf591bb6f7524c4652",
	  "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
	  "358be8f970962123fc5e7372b1d220793b81bec096f599d07a509ca2ec4c614b" },
	/* u1 = 0, u2 = 3: nothing of G */
	{ 0,
	  "51590b7a515140d2d784c85608668fdfef8c82fd1f5be52421554a0dc3d033ed"
	  "e0c17da8904a727d8ae1bf36bf8a79260d012f00d4d80888d1d0bb44fda16da4",
	  "0000000000000000000000000000000000000000000000000000000000000000",
	  "f0454dc6971abae7adfb378999888265ae03af92de3a0ef163668c63e59b9d5f"
	  "fac1c496dd08e8f88f53bd2dddd82b770d45e1a4b9786ea918f360a34a20a2ab" },
	/* Q = -G, u1 = u2 = 1: the sum is nothing */
	{ -EKEYREJECTED,
	  "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
	  "b01cbd1c01e58065711814b583f061e9d431cca994cea1313449bf97c840ae0a",
	  "0000000000000000000000000000000000000000000000000000000000000001",
	  "0000000000000000000000000000000000000000000000000000000000000001"
	  "0000000000000000000000000000000000000000000000000000000000000001" },
	/* Q = -G, u1 = u2 = n - 1: nothing, at the last bit */
	{ -EKEYREJECTED,
	  "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
	  "b01cbd1c01e58065711814b583f061e9d431cca994cea1313449bf97c840ae0a",
	  "0000000000000000000000000000000000000000000000000000000000000005",
	  "0000000000000000000000000000000000000000000000000000000000000005"
	  "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63254c" },
	/* a hash above n */
	{ 0,
	  "088bb9ff22ab291a74c86fc677ba897baadee370cc6129b82d170ba3fc26415c"
	  "442da9a716067956d91eaa02b93ad409490e87cd5e758ea6a331a1deb75ba846",
	  "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632554",
	  "fd8526ef55eb865f707d1836ecb6e3b3a40748264d79687317306b3e68041b58"
	  "9d6ea37f22795f061cfe4ea132e25e13edd6554d290184fdcfb946d69f9ac710" },
	/* a sum whose x is above n, so that r is x - n */
	{ 0,
	  "13db6d8890b9b50957ba6c3c72e6c4dc1232198fd522867cb4b1b16727627eb0"
	  "406d242c25f48b0dc3a38105d84e0af62710af88e167ad59008b2b21fd296d3a",
	  "b13b13b089d89d8a89d89d89d89d89d86f1610021137bc836da80286fd7fb762",
	  "0000000000000000000000000000000000000000000000000000000000000003"
	  "276276273b13b13b3b13b13b13b13b13a6e87555caeff100c308e41dff71b6f9" },
};
#define CASES (sizeof(cases) / sizeof(cases[0]))

static uint8_t point[P256_POINT_SIZE], signature[P256_SIGNATURE_SIZE];
static struct digest hash;

static void read_case(size_t which)
{
	point[0] = 4;
	assert_int_equal(str_hex_decode(cases[which].point, 128, point + 1, 64), 0);
	assert_int_equal(digest_parse(cases[which].hash, 64, &hash), 0);
	assert_int_equal(str_hex_decode(cases[which].signature, 128, signature, 64), 0);
}

static void points_that_meet(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		read_case(i);
		assert_int_equal(p256_verify(point, &hash, signature), cases[i].result);
	}
}

static void refuse_flipped(uint8_t *bytes, size_t size)
{
	for (size_t bit = 0; bit < 8 * size; bit += 5) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_true(p256_verify(point, &hash, signature) < 0);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void flipped_bits(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		read_case(i);
		refuse_flipped(hash.bytes, sizeof(hash.bytes));
		refuse_flipped(signature, sizeof(signature));
		refuse_flipped(point, sizeof(point));
	}
}

static void other_points(void **state)
{
	(void)state;
	for (int first = 0; first < 256; first++) {
		read_case(0);
		point[0] = (uint8_t)first;
		assert_int_equal(p256_verify(point, &hash, signature),
				 first == 4 ? 0 : -EINVAL);
	}
	point[0] = 4;
	memset(point + 1, 0, 64);
	assert_int_equal(p256_verify(point, &hash, signature), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(points_that_meet),
		cmocka_unit_test(flipped_bits),
		cmocka_unit_test(other_points),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
