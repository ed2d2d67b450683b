/* SPDX-License-Identifier: Apache-2.0 */
/* Sources and stores that somebody else has filled. */
#include "fake/store.h"

static void huge(void **state)
{
	struct test_image image = { .layer_count = 0 };
	const uint64_t data = UINT64_C(1) << 62;
	char line[512];
	char *at;

	(void)state;
	image_layer(&image, 1, 4096);
	image_sign(&image, 5);
	at = strstr(image.manifest, "layer ");
	for (int i = 0; i < 5; i++) {
		struct digest digest;
		char hex[DIGEST_HEX_SIZE];

		memset(&digest, i, sizeof(digest));
		digest_hex(&digest, hex);
		at += sprintf(
			at,
			"layer sha256:%s size %" PRIu64 " data %" PRIu64 " verity %s\n",
			hex,
			data - 4096 + 4096 * (1 + verity_tree_blocks(data / 4096 - 1)),
			data - 4096, hex);
	}
	(void)snprintf(line, sizeof(line), "arg /bin/app\nrun exec\n");
	memcpy(at, line, strlen(line) + 1);
	image_sign_text(&image);
	image_begin_bundle(&image);
	bundle = image.bundle;
	bundle_size = image.bundle_size;
	setup_new();
	assert_refused(-ENOSPC, "needs ");
	image_release(&image);
	bundle = new.bundle;
	bundle_size = new.bundle_size;
}

static void assert_bundle(const struct test_image *image, int number, const char *words)
{
	bundle = image->bundle;
	bundle_size = image->bundle_size;
	for (int i = 0; i < 2; i++) {
		from_pipe = i == 1;
		setup_shared();
		assert_refused(number, words);
		assert_true(is_whole(&old));
	}
	from_pipe = false;
	bundle = new.bundle;
	bundle_size = new.bundle_size;
}

/* Wherever it ends: nothing of the image is seen, and the old one is what it was. */
static void truncated(void **state)
{
	struct test_image cut = new;
	size_t full = new.bundle_size;

	(void)state;
	for (size_t size = 0; size < full; size += size % 512 == 0 ? 1 : 511) {
		cut.bundle_size = size;
		assert_bundle(&cut, -EBADMSG, "");
	}
}

static void flipped(void **state)
{
	struct test_image cut = new;

	(void)state;
	cut.bundle = malloc(new.bundle_size);
	for (size_t at = 0; at < new.bundle_size; at += 97) {
		struct err err = ERR_INIT;

		memcpy(cut.bundle, new.bundle, new.bundle_size);
		cut.bundle[at] ^= 1;
		bundle = cut.bundle;
		setup_new();
		from_pipe = true;
		if (run(&err) == 0)
			/* what a device does not look at, behind the OCI manifest */
			assert_true(at > new.bundle_size - 7 * 512);
		else
			assert_false(is_listed(&new));
	}
	from_pipe = false;
	bundle = new.bundle;
	free(cut.bundle);
}

static void wrong_order(void **state)
{
	struct test_image image = new;

	(void)state;
	image.bundle = NULL;
	image_begin_bundle(&image);
	image_add_blob(&image, new.layers[1].bytes, new.layers[1].size);
	image_add_blob(&image, new.layers[0].bytes, new.layers[0].size);
	image_end_bundle(&image);
	assert_bundle(&image, -EBADMSG, "where it should be");

	image_begin_bundle(&image);
	image_add(&image, "README", "hello", 5);
	assert_bundle(&image, -EBADMSG, "'README' where it should be");

	/* blobs of no use are passed over, up to a number, and are what they are called */
	image_begin_bundle(&image);
	for (size_t i = 0; i < image.layer_count; i++)
		image_add_blob(&image, image.layers[i].bytes, image.layers[i].size);
	image_add_blob(&image, image.manifest, strlen(image.manifest));
	for (int i = 0; i < 65; i++)
		image_add_blob(&image, &i, sizeof(i));
	assert_bundle(&image, -EBADMSG, "more blobs than a bundle may have");
	image_bundle(&image);
	image.bundle[image.bundle_size - 7 * USTAR_BLOCK] ^= 1;
	assert_bundle(&image, -EBADMSG, "where oci-layout should be");

	image_bundle(&image);
	image.bundle_size -= 2 * USTAR_BLOCK;
	image_add(&image, "more", "hello", 5);
	memset(image.bundle + image.bundle_size - 1, 0, 1);
	assert_bundle(&image, -EBADMSG, "entry after the bundle's last");

	image_bundle(&image);
	image.bundle = realloc(image.bundle, image.bundle_size + 1);
	image.bundle[image.bundle_size++] = 0;
	assert_bundle(&image, -EBADMSG, "bytes after the bundle's end");

	image_begin_bundle(&image);
	image_add(&image, "manifest", new.manifest, strlen(new.manifest));
	assert_bundle(&image, -EBADMSG, "'manifest' where");
	free(image.bundle);
}

/* Makes the last line of a layer say what it is not. */
static void lie(struct test_image *image)
{
	char *line = strstr(image->manifest, "layer ");

	while (strstr(line + 1, "layer "))
		line = strstr(line + 1, "layer ");
	line = strstr(line, "size ");
	(void)snprintf(line, 200, "size 16384 data 8192 verity %064d\narg /b\nrun exec\n",
		       2);
	image_sign_text(image);
}

/* As bundles were before their OCI config was one: the manifest stood for it. */
static void first_shape(void **state)
{
	struct test_image image = new;

	(void)state;
	image.bundle = NULL;
	image_begin_bundle(&image);
	for (size_t i = 0; i < image.layer_count; i++)
		image_add_blob(&image, image.layers[i].bytes, image.layers[i].size);
	image_add_blob(&image, image.manifest, strlen(image.manifest));
	image_add_blob(&image, "{\"oci\":1}", 9);
	image_add(&image, "oci-layout", "{}", 2);
	image_add(&image, "index.json", "{}", 2);
	image.bundle = realloc(image.bundle, image.bundle_size + 2 * USTAR_BLOCK);
	memset(image.bundle + image.bundle_size, 0, 2 * USTAR_BLOCK);
	image.bundle_size += 2 * USTAR_BLOCK;
	bundle = image.bundle;
	bundle_size = image.bundle_size;
	for (int i = 0; i < 2; i++) {
		from_pipe = i == 1;
		setup_new();
		assert_installs();
	}
	from_pipe = false;
	bundle = new.bundle;
	bundle_size = new.bundle_size;
	free(image.bundle);
}

/* The manifest is signed, and lies about a size. */
static void wrong_size(void **state)
{
	struct test_image image = { .layer_count = 0 };
	char name[USTAR_NAME_SIZE] = "blobs/sha256/";

	(void)state;
	image_layer(&image, 5, 4096);
	image_sign(&image, 5);
	lie(&image);
	image_bundle(&image);
	assert_bundle(&image, -EBADMSG, "has 8192 bytes, the manifest says 16384");
	/* the header agrees with the manifest, the bytes don't */
	image_begin_bundle(&image);
	image.layers[0].bytes = realloc(image.layers[0].bytes, 16384);
	memset(image.layers[0].bytes + 8192, 0, 8192);
	(void)strcat(name, image.layers[0].hex);
	image_add(&image, name, image.layers[0].bytes, 16384);
	image_end_bundle(&image);
	assert_bundle(&image, -EBADMSG, "its sha256 is not what the manifest says");
	image_release(&image);
}

/* The same blob as two layers, of which one has another size. */
static void two_sizes(void **state)
{
	struct test_image image = { .layer_count = 0 };

	(void)state;
	image_layer(&image, 5, 4096);
	image_layer(&image, 5, 4096);
	image_sign(&image, 5);
	lie(&image);
	image_bundle(&image);
	assert_bundle(&image, -EBADMSG, "contradicts the line of the same blob");
	image_release(&image);
}

static void hostile_directory(void **state)
{
	char blob[160], manifest[180], dir[160];

	(void)state;
	from_directory = true;
	(void)snprintf(blob, sizeof(blob), "/source/blobs/sha256/%s", new.layers[2].hex);
	(void)snprintf(dir, sizeof(dir), "/source/images/%s", new.id);
	(void)snprintf(manifest, sizeof(manifest), "%s/manifest", dir);
	setup_shared();
	fake_link(blob, "/etc/passwd");
	assert_refused(-ELOOP, "layer 2");
	setup_shared();
	fake_fifo(blob);
	assert_refused(-EINVAL, "is a fifo");
	setup_shared();
	fake_empty(blob, 0644);
	assert_refused(-EBADMSG, "has 0 bytes");
	setup_shared();
	fake_link(manifest, "/etc/passwd");
	assert_refused(-ELOOP, "manifest");
	setup_shared();
	fake_fifo(manifest);
	assert_refused(-EINVAL, "manifest");
	setup_shared();
	fake_text(manifest, "lamina 1\n");
	assert_refused(-EBADMSG, "was wanted");
	setup_shared();
	put_image("/source", &old);
	assert_refused(-EINVAL, "2 images in it");
	setup_shared();
	put_image("/source", &old);
	{
		struct err err = ERR_INIT;

		init_install();
		install.id = new.digest;
		assert_int_equal(run_with(true, &err), 0);
		assert_true(is_whole(&new));
	}
	from_directory = false;
}

/* Where the store has something else than it should. */
static void hostile_store(void **state)
{
	char path[160];

	(void)state;
	for (int i = 0; i < 5; i++) {
		setup_new();
		(void)snprintf(path, sizeof(path), "/store/blobs/sha256/%s",
			       new.layers[1].hex);
		if (i == 0)
			fake_dir(path);
		else if (i == 1)
			fake_link(path, "/etc");
		else if (i == 2)
			fake_fifo(path);
		else if (i == 3)
			fake_text(path, "short");
		else
			(void)strcat(path, "/full/of/it"), fake_text(path, "");
		(void)snprintf(path, sizeof(path), "/store/images/%s%s", new.id,
			       i == 4 ? "/manifest/is/a/directory" : "");
		if (i < 2)
			fake_text(path, "not a directory");
		else if (i == 2)
			fake_link(path, "/etc");
		else
			fake_dir(path);
		(void)snprintf(path, sizeof(path), "/store/incoming/%s/x/y/z", new.id);
		fake_text(path, "");
		(void)snprintf(path, sizeof(path), "/store/incoming/%s/0/1/2",
			       new.layers[0].hex);
		fake_text(path, "");
		fake_fifo("/store/incoming/0");
		fake_dir("/store/incoming/1");
		assert_installs();
	}
	static const char *const places[] = { "incoming", "blobs", "blobs/sha256",
					      "images" };

	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(path, sizeof(path), "/store/%s", places[i]);
		setup_new();
		fake_link(path, "/run");
		assert_refused(-ELOOP, i == 2 ? "sha256" : places[i]);
		setup_new();
		fake_text(path, "a file");
		assert_refused(-ENOTDIR, i == 2 ? "sha256" : places[i]);
		setup_new();
		fake_fifo(path);
		assert_refused(-ENOTDIR, i == 2 ? "sha256" : places[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(huge),		 cmocka_unit_test(truncated),
		cmocka_unit_test(flipped),	 cmocka_unit_test(wrong_order),
		cmocka_unit_test(first_shape),	 cmocka_unit_test(wrong_size),
		cmocka_unit_test(two_sizes),	 cmocka_unit_test(hostile_directory),
		cmocka_unit_test(hostile_store),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
