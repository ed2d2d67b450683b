/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A store on the running kernel, updated as laminactl does it. */
#include <stdlib.h>

#include "base/dir.h"
#include "boot/transition.h"
#include "image.h"
#include "install/gc.h"
#include "install/install.h"
#include "live/files.h"
#include "slot/state.h"
#include "store/images.h"
#include "store/judge.h"
#include "store/lock.h"

#define STORE LIVE_SCRATCH "/store"

static struct test_image images[3];
static struct install install;

static inline void make_images(size_t data_bytes)
{
	LIVE_TRUE(image_make_key(NULL) == 0);
	for (unsigned int i = 0; i < 3; i++) {
		image_release(&images[i]);
		image_layer(&images[i], 1, data_bytes); /* of all */
		image_layer(&images[i], 10 + i, data_bytes);
		image_layer(&images[i], 20 + i, data_bytes / 2);
		image_sign(&images[i], i + 1);
		image_bundle(&images[i]);
	}
}

static inline int open_bundle(const struct test_image *image)
{
	int fd = open(LIVE_SCRATCH, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	LIVE_TRUE(fd >= 0);
	LIVE_TRUE(fd_write_all(fd, image->bundle, image->bundle_size) == 0);
	LIVE_TRUE(lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

static inline int check(int store, int source, struct err *err)
{
	memset(&install, 0, sizeof(install));
	install.from.source = &install_bundle;
	install.wish.settings = &image_settings;
	install.wish.store = store;
	install.from.fd = source;
	return install_check(&install, err);
}

static inline int flip(int state, const struct test_image *image, struct err *err)
{
	struct record record;
	int r = state_read(state, &record, NULL, err);

	if (r == -ENODATA) {
		memset(&record, 0, sizeof(record));
		r = 0;
	}
	if (r == 0)
		r = transition_install(&record, &image->digest, 3, err);
	if (r == 0)
		r = transition_confirm(&record, &image->digest, 0, err);
	return r < 0 ? r : state_write(state, &record, err);
}

static inline int collect(int store, int state, struct err *err)
{
	struct gc gc = { .store = store, .settings = &image_settings };
	struct record record;
	int r = state_read(state, &record, NULL, err);

	gc.record = &record;
	return r < 0 ? r : gc_run(&gc, err);
}

/* What laminactl does. */
static inline int update(const struct test_image *image, int source, struct err *err)
{
	__fd int store = store_open(STORE, err);
	__fd int state = -EBADF;
	int r = store < 0 ? store : lock_take(store, err);

	if (r < 0)
		return r;
	state = state_open(store, NULL, true, err);
	if (state == -ENOENT)
		state = state_create(store, err);
	r = state < 0 ? state : check(store, source, err);
	if (r == 0)
		r = install_write(&install, err);
	if (r == 0)
		r = flip(state, image, err);
	return r < 0 ? r : collect(store, state, err);
}

static inline void update_whole(const struct test_image *image)
{
	struct err err = ERR_INIT;
	__fd int source = open_bundle(image);
	int r = update(image, source, &err);

	/* is the current one already */
	if (r != -EEXIST)
		(void)LIVE_GOOD(r, &err);
}

static inline size_t count_entries(const char *path)
{
	__fd int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct dirent *entry;
	struct dir list;
	size_t count = 0;

	if (dir < 0)
		return 0;
	dir_init(&list, dir);
	while (dir_next(&list, &entry) > 0)
		count++;
	return count;
}

static inline void check_image(int store, const struct digest *id)
{
	static struct manifest manifest;
	static struct key_signers signers;
	struct err err = ERR_INIT;
	struct digest hash;

	(void)LIVE_GOOD(store_load_image(store, id, &image_settings.keyring, 1, &manifest,
					 &signers, &err),
			&err);
	(void)LIVE_GOOD(judge_blobs(store, &manifest, &err), &err);
	for (size_t i = 0; i < manifest.layer_count; i++) {
		const struct manifest_layer *layer = &manifest.layers[i];
		__fd int fd =
			store_open_blob(store, &layer->blob, layer->size_bytes, &err);

		LIVE_TRUE(sha256_of_fd(fd, layer->size_bytes, &hash) == 0);
		LIVE_TRUE(digest_equal(&hash, &layer->blob));
	}
}

/* Every image that is listed is whole, and the record names images that are. */
static inline void check_store(void)
{
	__fd int store = open(STORE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err err = ERR_INIT;
	struct record record;
	struct images list;
	struct digest id;
	__fd int state = state_open(store, NULL, false, &err);

	images_init(&list, store);
	while (LIVE_GOOD(images_next(&list, &id, &err), &err) > 0)
		check_image(store, &id);
	(void)LIVE_GOOD(state, &err);
	(void)LIVE_GOOD(state_read(state, &record, NULL, &err), &err);
	LIVE_TRUE(digest_is_set(&record.current));
	check_image(store, &record.current);
}

/* Current and previous share a layer; nothing else is there. */
static inline void check_tidy(size_t others)
{
	LIVE_TRUE(count_entries(STORE "/images") == 2);
	LIVE_TRUE(count_entries(STORE "/blobs/sha256") == 5);
	LIVE_TRUE(count_entries(STORE "/incoming") == 0);
	LIVE_TRUE(count_entries(STORE) == 4 + others); /* these and the record */
}
