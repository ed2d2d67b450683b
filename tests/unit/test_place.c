/* SPDX-License-Identifier: Apache-2.0 */
/* An image in a store and in the bundle of it: whoever asks must not see which. */
#include <errno.h>

#include "base/fd.h"
#include "pack/image/bundle.h"
#include "pack/image/place.h"
#include "unit/signed.h"

#define BLOB_SIZE 8192
#define LAYERS 3 /* the last is the first again */

static char id[DIGEST_HEX_SIZE], store[300], bundle[300], blob_names[2][160];
static unsigned char blobs[2][BLOB_SIZE];
static struct err err;

static void put_blob(size_t n, char ret_hex[DIGEST_HEX_SIZE])
{
	struct digest hash;

	memset(blobs[n], (int)(n + 1), BLOB_SIZE);
	assert_int_equal(sha256_of(blobs[n], BLOB_SIZE, &hash), 0);
	digest_hex(&hash, ret_hex);
	(void)snprintf(blob_names[n], sizeof(blob_names[n]), "blobs/sha256/%s", ret_hex);
	tree_bytes(blob_names[n], blobs[n], BLOB_SIZE, 0644);
}

static void put_store(void)
{
	static const struct digest root;
	char hex[2][DIGEST_HEX_SIZE], root_hex[DIGEST_HEX_SIZE], text[2048], dir[128];
	struct str s;

	put_blob(0, hex[0]);
	put_blob(1, hex[1]);
	digest_hex(&root, root_hex);
	str_init(&s, text, sizeof(text));
	str_add(&s, "lamina 1\nname box\nserial 1\ncompatible acme,box\narch "
		    "arm\nmin-init 1\n");
	for (size_t i = 0; i < LAYERS; i++)
		str_addf(&s, "layer sha256:%s size %d data 4096 verity %s\n", hex[i % 2],
			 BLOB_SIZE, root_hex);
	str_add(&s, "arg /x\nrun exec\n");
	put_image(text, id, dir);
}

static int start(void **state)
{
	struct place place;
	int fd;

	assert_int_equal(tree_new(state), 0);
	put_store();
	(void)snprintf(store, sizeof(store), "%s", tree_path);
	(void)snprintf(bundle, sizeof(bundle), "%s/bundle.tar", tree_path);
	fd = openat(tree_fd, "bundle.tar", O_CREAT | O_WRONLY, 0644);
	if (place_open(&place, store, NULL, &err) < 0 ||
	    bundle_write(fd, place.store, place.image, NULL, &err) < 0)
		fail_msg("%s", err.text);
	place_done(&place);
	return close(fd);
}

static void see_layers(const char *path)
{
	unsigned char bytes[BLOB_SIZE];
	struct place place;
	uint64_t offset;

	if (place_open(&place, path, NULL, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(DIGEST_HEX(&place.image->id), id);
	for (size_t i = 0; i < LAYERS; i++) {
		__fd int in_place = place_open_blob(&place, i, &offset, &err);
		__fd int file = place_open_blob_file(&place, i, &err);
		__fd int checked = place_open_blob_checked(&place, i, &err);

		assert_int_equal(fd_pread_all(in_place, bytes, BLOB_SIZE, offset), 0);
		assert_memory_equal(bytes, blobs[i % 2], BLOB_SIZE);
		assert_int_equal(fd_pread_all(file, bytes, BLOB_SIZE, 0), 0);
		assert_memory_equal(bytes, blobs[i % 2], BLOB_SIZE);
		assert_int_equal(fd_pread_all(checked, bytes, BLOB_SIZE, 0), 0);
		assert_memory_equal(bytes, blobs[i % 2], BLOB_SIZE);
	}
	place_done(&place);
}

static void the_same_layers(void **state)
{
	(void)state;
	see_layers(store);
	see_layers(bundle);
}

/* One byte of the second layer, where it is: nobody notices but who asks for it. */
static void a_changed_layer(void **state)
{
	struct place place;
	uint64_t offset;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		int fd;

		assert_int_equal(place_open(&place, i ? bundle : store, NULL, &err), 0);
		fd = place_open_blob(&place, 1, &offset, &err);
		assert_true(fd >= 0);
		(void)close(fd);
		fd = openat(tree_fd, i ? "bundle.tar" : blob_names[1], O_WRONLY);
		assert_int_equal(pwrite(fd, "X", 1, (off_t)offset + 77), 1);
		(void)close(fd);
		fd = place_open_blob_checked(&place, 0, &err);
		assert_true(fd >= 0);
		(void)close(fd);
		assert_int_equal(place_open_blob_checked(&place, 1, &err), -EBADMSG);
		assert_non_null(strstr(err.text, "not what its name says"));
		place_done(&place);
	}
}

static void refused(const char *path, const char *prefix, int number, const char *words)
{
	struct place place;

	err = (struct err)ERR_INIT;
	assert_tells(place_open(&place, path, prefix, &err), number, err, words);
	place_done(&place);
}

static void what_is_no_image(void **state)
{
	char path[320];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/none", tree_path);
	refused(path, NULL, -ENOENT, "none: ");
	(void)snprintf(path, sizeof(path), "%s/fifo", tree_path);
	tree_fifo("fifo");
	refused(path, NULL, -EINVAL, "fifo: neither a store nor a bundle");
	(void)snprintf(path, sizeof(path), "%s/text", tree_path);
	tree_file("text", "words", 0644);
	refused(path, NULL, -EBADMSG, "text: ");
	refused(store, "zz", -EINVAL, "'zz' is not the beginning of an image id");
	refused(store, id[0] == '0' ? "1" : "0", -ENOENT,
		"holds no image whose id begins with");
	assert_int_equal(truncate(bundle, 9000), 0);
	refused(bundle, NULL, -EBADMSG, "bundle.tar: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_same_layers, start, tree_done),
		cmocka_unit_test_setup_teardown(a_changed_layer, start, tree_done),
		cmocka_unit_test_setup_teardown(what_is_no_image, start, tree_done),
	};

	return cmocka_run_group_tests(tests, image_make_key, NULL);
}
