/* SPDX-License-Identifier: Apache-2.0 */
/* The blob of kernel and initramfs beside the layers of two images that share it: installed,
 * found there, damaged, collected. */
#include "fake/store.h"

#include "install/gc.h"

#define SIZE (5 * 4096 + 17) /* nothing says that it is of whole blocks */

static void gives_both(struct test_image *before, struct test_image *after)
{
	image_boot(before, 8, SIZE);
	image_sign(before, 1);
	image_boot(after, 8, SIZE);
	image_sign(after, 2);
	image_bundle(after);
	bundle = after->bundle;
	bundle_size = after->bundle_size;
}

static int make_images(void **state)
{
	if (start(state) < 0)
		return -1;
	gives_both(&old, &new);
	return 0;
}

static void installs(void)
{
	setup_new();
	assert_installs();
	assert_int_equal(install.written_bytes,
			 install.total_bytes - install.reused_bytes);
	assert_true(has_layer(&new.boot));
	/* the second one finds it, and writes it no more */
	setup_shared();
	assert_installs();
	assert_true(is_whole(&old));
	assert_int_equal(install.reused_layers, 1);
	assert_int_equal(install.reused_bytes, new.boot.size + new.layers[0].size);
}

static void both_install_it(void **state)
{
	(void)state;
	each_source(installs);
}

/* The same name and size, and other bytes: it is written anew, though no boot reads it. */
static void mends(void)
{
	char path[160];

	setup_shared();
	(void)snprintf(path, sizeof(path), "/store/blobs/sha256/%s", new.boot.hex);
	fake_bytes(path, new.layers[1].bytes,
		   new.boot.size > new.layers[1].size ? new.layers[1].size
						      : new.boot.size);
	assert_installs();
	assert_int_equal(install.reused_bytes, new.layers[0].size);
}

static void one_that_rotted(void **state)
{
	(void)state;
	each_source(mends);
}

static void a_bundle_with_another(void **state)
{
	uint8_t *at = new.bundle;

	(void)state;
	while (memcmp(at, new.boot.bytes, 64) != 0)
		at += USTAR_BLOCK;
	at[SIZE - 1] ^= 1;
	setup_new();
	assert_refused(-EBADMSG, "boot k");
	at[SIZE - 1] ^= 1;
	setup_new();
	assert_installs();
}

/* A start needs no copy of what it was started from. */
static void is_not_missed_by_a_boot(void **state)
{
	static struct manifest manifest;
	struct test_image without = old;
	struct err err = ERR_INIT;

	(void)state;
	setup_new();
	without.boot.size = 0;
	put_image("/store", &without);
	assert_false(has_layer(&old.boot));
	__fd int store = store_open("/store", &err);

	assert_int_equal(store_load_image(store, &old.digest, &image_settings.keyring, 1,
					  &manifest, NULL, &err),
			 0);
	assert_int_equal(judge_blobs(store, &manifest, &err), 0);
}

static unsigned int collect(const struct digest *current, const struct digest *previous)
{
	struct record record = { .current = *current, .previous = *previous };
	struct err err = ERR_INIT;
	__fd int store = store_open("/store", &err);
	struct gc gc = { .store = store, .settings = &image_settings, .record = &record };

	assert_int_equal(gc_run(&gc, &err), 0);
	return gc.blobs;
}

static void is_collected_with_the_last(void **state)
{
	static const struct digest none;

	(void)state;
	setup_shared();
	put_image("/store", &new);
	assert_int_equal(collect(&new.digest, &old.digest), 0);
	/* two layers of the old one; the blob is the new one's, too */
	assert_int_equal(collect(&new.digest, &none), 2);
	assert_true(is_whole(&new));
	assert_int_equal(collect(&none, &none), 4);
	assert_false(has_layer(&new.boot));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_install_it),
		cmocka_unit_test(one_that_rotted),
		cmocka_unit_test(a_bundle_with_another),
		cmocka_unit_test(is_not_missed_by_a_boot),
		cmocka_unit_test(is_collected_with_the_last),
	};

	return cmocka_run_group_tests(tests, make_images, stop);
}
