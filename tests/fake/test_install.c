/* SPDX-License-Identifier: Apache-2.0 */
/* An image of three layers, of which the store has one. */
#include "block/ubi.h"
#include "fake/install-table.h"

static const struct table table = {
	.reused_layers = 1,
	.old_blobs = 2,
	.written = { "install", "install-first", "install-signatures" },
};

/* --- a layer that was flashed as a UBI volume */

static void flash(bool rotten)
{
	const struct test_layer *layer = &new.layers[1];
	uint8_t bytes[65536];
	char volume[8 + DIGEST_HEX_SIZE];

	setup_new();
	memset(bytes, 0xff, sizeof(bytes));
	memcpy(bytes, layer->bytes, layer->size);
	bytes[77] ^= rotten;
	(void)snprintf(volume, sizeof(volume), "sha256-%s", layer->hex);
	fake_volume("ubi0_1", volume, bytes, sizeof(bytes));
}

/* It is a layer of the store; one that rotted is mended by a file, which comes first. */
static void install_beside_volume(void)
{
	struct err err = ERR_INIT;

	flash(false);
	assert_int_equal(run(&err), 0);
	assert_true(is_listed(&new));
	assert_false(has_layer(&new.layers[1]));
	assert_int_equal(install.reused_layers, 1);
	assert_int_equal(install.written_bytes, install.total_bytes - new.layers[1].size);
	flash(true);
	assert_installs();
	assert_int_equal(install.written_bytes, install.total_bytes);
	assert_installs();
	assert_int_equal(install.written_bytes, 0);
}

static void beside_volumes(void **state)
{
	(void)state;
	if (!UBI_BUILT_IN)
		skip();
	each_source(install_beside_volume);
}

int main(void)
{
	const struct CMUnitTest tests[] = { INSTALL_TABLE,
					    cmocka_unit_test(beside_volumes) };

	return cmocka_run_group_tests(tests, start, stop);
}
