/* SPDX-License-Identifier: Apache-2.0 */
/* A source without the layers that the store has. */
#include "fake/store.h"

/* A bundle of @new whose entry `without` is @text, and that has the layers of which bit n is
 * set. */
static void make_bundle(struct test_image *image, const char *text, unsigned int layers)
{
	*image = new;
	image->bundle = NULL;
	image->bundle_size = 0;
	image_add(image, "manifest", image->manifest, strlen(image->manifest));
	image_add(image, "without", text, strlen(text));
	image_add(image, "manifest.sig", image->signature, strlen(image->signature));
	for (size_t i = 0; i < image->layer_count; i++)
		if (layers & 1U << i)
			image_add_blob(image, image->layers[i].bytes,
				       image->layers[i].size);
	image_end_bundle(image);
	bundle = image->bundle;
	bundle_size = image->bundle_size;
}

static void drop_bundle(struct test_image *image)
{
	free(image->bundle);
	bundle = new.bundle;
	bundle_size = new.bundle_size;
}

/* "HEX\n" of each of these layers, -1 at the end. */
static const char *lines(const int *layers)
{
	static char text[1024];

	text[0] = '\0';
	for (; *layers >= 0; layers++) {
		(void)strcat(text, new.layers[*layers].hex);
		(void)strcat(text, "\n");
	}
	return text;
}

#define LINES(...) lines((const int[]){ __VA_ARGS__, -1 })

static void assert_nothing_written(int number, const char *words)
{
	assert_refused(number, words);
	assert_false(fake_exists("/store/incoming"));
}

/* Of the three layers the store has the first. */
static void from_bundle(bool pipe)
{
	struct test_image image;

	from_pipe = pipe;
	make_bundle(&image, LINES(0), 6);
	setup_shared();
	assert_installs();
	assert_true(is_whole(&old));
	setup_new();
	assert_nothing_written(-ENOENT, "neither in the store nor in the bundle");
	assert_nothing_written(-ENOENT, "layer 0 (sha256:");
	setup_shared();
	spoil(&new.layers[0]);
	assert_refused(-ENOENT, "neither whole in the store nor in the bundle");
	drop_bundle(&image);
	make_bundle(&image, LINES(0, 1, 2), 0);
	setup_shared();
	assert_nothing_written(-ENOENT, "layer 1 (sha256:");
	put_image("/store", &new);
	assert_installs();
	drop_bundle(&image);
}

static void bundles(void **state)
{
	(void)state;
	from_bundle(false);
	from_bundle(true);
	from_pipe = false;
}

static void refuse(const char *text, unsigned int layers, const char *words)
{
	struct test_image image;

	make_bundle(&image, text, layers);
	for (int i = 0; i < 2; i++) {
		from_pipe = i == 1;
		setup_shared();
		assert_refused(-EBADMSG, words);
		assert_true(is_whole(&old));
	}
	from_pipe = false;
	drop_bundle(&image);
}

static void hostile_bundles(void **state)
{
	static const char no_layer[] = "without: no layer";
	char text[2 * DIGEST_HEX_SIZE + 8];

	(void)state;
	refuse(LINES(1, 0), 4, no_layer);
	refuse(LINES(0, 0), 6, no_layer);
	(void)snprintf(text, sizeof(text), "%s", LINES(0));
	text[0] ^= 1;
	refuse(text, 6, no_layer);
	text[0] ^= 1;
	text[strlen(text) - 1] = '\0';
	refuse(text, 6, no_layer);
	(void)snprintf(text, sizeof(text), "%s\n", LINES(0));
	refuse(text, 6, no_layer);
	refuse("", 6, "without: is empty");
	refuse(LINES(0), 7, "where it should be");
	refuse(LINES(0), 4, "where it should be");
}

static void too_long(void **state)
{
	size_t size = UNBUNDLE_WITHOUT_SIZE + 1;
	char *text = calloc(1, size + 1);

	(void)state;
	memset(text, 'x', size);
	refuse(text, 6, "without: larger than it may be");
	free(text);
}

static void take_away(int n)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "/source/blobs/sha256/%s", new.layers[n].hex);
	assert_int_equal(sys_unlinkat(AT_FDCWD, path, 0), 0);
}

static void directories(void **state)
{
	(void)state;
	from_directory = true;
	setup_shared();
	take_away(0);
	assert_installs();
	setup_shared();
	take_away(0);
	spoil(&new.layers[0]);
	assert_refused(-ENOENT, "neither whole in the store nor in the directory");
	setup_shared();
	take_away(2);
	assert_nothing_written(-ENOENT, "neither in the store nor in the directory");
	assert_nothing_written(-ENOENT, "layer 2 (sha256:");
	from_directory = false;
}

/* Who only asks is told. */
static void lists(void **state)
{
	(void)state;
	from_directory = true;
	setup_shared();
	take_away(0);
	take_away(2);
	init_install();
	install.wish.lists = true;
	assert_int_equal(run_with(false, NULL), 0);
	assert_true(install.from.absent[0] && !install.from.absent[1] &&
		    install.from.absent[2]);
	assert_int_equal(install.reused_layers, 1);
	from_directory = false;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(bundles),  cmocka_unit_test(hostile_bundles),
		cmocka_unit_test(too_long), cmocka_unit_test(directories),
		cmocka_unit_test(lists),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
