/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A store at /store with an image or none, and another image at /source to be installed,
 * in the fake kernel. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/sys.h"
#include "fake/fake.h"
#include "image.h"
#include "install/install.h"
#include "store/judge.h"

static struct test_image old, new;
static struct install install;

/* What is to be installed, and from where. */
static bool from_directory, from_pipe;
static const uint8_t *bundle;
static size_t bundle_size;

static inline void put_text(const char *top, const struct test_image *image,
			    const char *name, const char *text)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/images/%s/%s", top, image->id, name);
	fake_text(path, text);
}

static inline void put_layer(const char *top, const struct test_layer *layer)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/blobs/sha256/%s", top, layer->hex);
	fake_bytes(path, layer->bytes, layer->size);
}

/* The blobs, in their order. */
static inline size_t blob_count(const struct test_image *image)
{
	return image->layer_count + image->member_count;
}

static inline const struct test_layer *blob_of(const struct test_image *image, size_t i)
{
	return i < image->layer_count ? &image->layers[i]
				      : &image->members[i - image->layer_count];
}

/* A byte of the store's is wrong, which name and size don't tell. */
static inline void spoil(const struct test_layer *blob)
{
	uint8_t bytes[65536];
	char path[160];

	memcpy(bytes, blob->bytes, blob->size);
	bytes[77] ^= 1;
	(void)snprintf(path, sizeof(path), "/store/blobs/sha256/%s", blob->hex);
	fake_bytes(path, bytes, blob->size);
}

static inline void put_image(const char *top, const struct test_image *image)
{
	for (size_t i = 0; i < image->layer_count; i++)
		put_layer(top, &image->layers[i]);
	for (size_t i = 0; i < image->member_count; i++)
		put_layer(top, &image->members[i]);
	if (image->boot.size)
		put_layer(top, &image->boot);
	put_text(top, image, "manifest", image->manifest);
	put_text(top, image, "manifest.sig", image->signature);
}

/* An empty store, and the source. */
static inline void setup_new(void)
{
	fake_reset();
	fake_boot();
	fake_dir("/store");
	if (from_directory)
		put_image("/source", &new);
	else
		fake_bytes("/source", bundle, bundle_size);
}

/* A store with the image before, which shares layers. */
static inline void setup_shared(void)
{
	setup_new();
	put_image("/store", &old);
}

static inline void init_install(void)
{
	memset(&install, 0, sizeof(install));
	install.wish.settings = &image_settings;
	install.from.source = from_directory ? &install_directory : &install_bundle;
}

static inline int run_with(bool write, struct err *err)
{
	__fd int source = sys_openat(AT_FDCWD, "/source", O_RDONLY | O_CLOEXEC, 0);
	__fd int store = store_open("/store", err);
	int r;

	if (source < 0)
		return err_errno(err, source, "/source");
	if (store < 0)
		return store;
	install.from.fd = source;
	install.wish.store = store;
	r = install_check(&install, err);
	if (r == 0 && from_pipe)
		install.from.seeks = false;
	return r < 0 || !write ? r : install_write(&install, err);
}

static inline int run(struct err *err)
{
	init_install();
	return run_with(true, err);
}

static inline bool has_text(const struct test_image *image, const char *name,
			    const char *text)
{
	char path[160];
	const char *found;

	(void)snprintf(path, sizeof(path), "/store/images/%s/%s", image->id, name);
	found = fake_text_of(path);
	return found && strcmp(found, text) == 0;
}

static inline bool has_layer(const struct test_layer *layer)
{
	char path[160];
	const char *found;

	(void)snprintf(path, sizeof(path), "/store/blobs/sha256/%s", layer->hex);
	found = fake_text_of(path);
	return found && memcmp(found, layer->bytes, layer->size) == 0;
}

static inline bool is_whole(const struct test_image *image)
{
	for (size_t i = 0; i < image->layer_count; i++)
		if (!has_layer(&image->layers[i]))
			return false;
	for (size_t i = 0; i < image->member_count; i++)
		if (!has_layer(&image->members[i]))
			return false;
	if (image->boot.size && !has_layer(&image->boot))
		return false;
	return has_text(image, "manifest", image->manifest) &&
	       has_text(image, "manifest.sig", image->signature);
}

static inline bool is_listed(const struct test_image *image)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "/store/images/%s", image->id);
	return fake_exists(path);
}

static inline bool is_empty(const char *path)
{
	__fd int dir = store_open(path, NULL);
	char buf[512];

	return dir >= 0 && sys_getdents64(dir, buf, sizeof(buf)) == 0;
}

static inline void assert_refused(int number, const char *words)
{
	struct err err = ERR_INIT;
	int r = run(&err);

	if (!strstr(err.text, words))
		assert_string_equal(err.text, words);
	assert_int_equal(r, number);
	assert_false(is_listed(&new));
	assert_null(fake_leaks());
}

static inline void assert_installs(void)
{
	struct err err = ERR_INIT;
	int r = run(&err);

	if (r < 0)
		fail_msg("%d: %s", r, err.text);
	assert_true(is_whole(&new));
	assert_true(is_empty("/store/incoming"));
	assert_null(fake_leaks());
}

static inline void each_source(void (*test)(void))
{
	for (int i = 0; i < 3; i++) {
		from_directory = i == 1;
		from_pipe = i == 2;
		test();
	}
	from_directory = from_pipe = false;
}

static inline int start(void **state)
{
	if (image_make_key(state) < 0)
		return -1;
	image_layer(&old, 1, 4096);
	image_layer(&old, 2, 8192);
	image_layer(&old, 3, 4096);
	image_sign(&old, 1);
	image_layer(&new, 1, 4096);
	image_layer(&new, 4, 12288);
	image_layer(&new, 5, 4096);
	image_sign(&new, 2);
	image_bundle(&new);
	bundle = new.bundle;
	bundle_size = new.bundle_size;
	return 0;
}

/* The same as sets, each of two members; of one of them nothing is new. */
static inline void make_sets(void)
{
	image_layer(&old, 1, 4096);
	image_layer(&old, 2, 8192);
	image_layer(&old, 3, 4096);
	image_member(&old, "broker", 3, "");
	image_member(&old, "web", 5, "");
	image_sign(&old, 1);
	image_layer(&new, 1, 4096);
	image_layer(&new, 2, 8192);
	image_layer(&new, 4, 12288);
	image_member(&new, "broker", 3, "");
	image_member(&new, "web", 5, "");
	image_sign(&new, 2);
	image_bundle(&new);
	bundle = new.bundle;
	bundle_size = new.bundle_size;
}

static inline int start_sets(void **state)
{
	if (image_make_key(state) < 0)
		return -1;
	make_sets();
	return 0;
}

static inline int stop(void **state)
{
	(void)state;
	image_release(&old);
	image_release(&new);
	return 0;
}
