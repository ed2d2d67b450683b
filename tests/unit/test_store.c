/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "store/images.h"
#include "unit/signed.h"

static struct images images;

static struct manifest manifest;
static struct key_signers signers;

static const char manifest_text[] =
	"lamina 1\nname thermostat\nserial 17\ncompatible acme,thermostat\narch "
	"amd64\nmin-init 1\n"
	"layer sha256:1111111111111111111111111111111111111111111111111111111111111111 "
	"size 8192 "
	"data 4096 verity "
	"2222222222222222222222222222222222222222222222222222222222222222\n"
	"arg /bin/sh\nrun exec\n";

static int load_by(const char *id, const struct keyring *keys, uint32_t threshold,
		   struct err *err)
{
	struct digest digest;

	err->text[0] = '\0';
	assert_int_equal(digest_parse(id, strlen(id), &digest), 0);
	return store_load_image(tree_fd, &digest, keys, threshold, &manifest, &signers,
				err);
}

static int load(const char *id, struct err *err)
{
	return load_by(id, ring, 1, err);
}

static void a_good_image(void **state)
{
	char id[DIGEST_HEX_SIZE], dir[128];
	struct err err = ERR_INIT;

	(void)state;
	put_image(manifest_text, id, dir);
	assert_tells(load(id, &err), 0, err, "");
	assert_string_equal(manifest.name, "thermostat");
	assert_int_equal(manifest.layer_count, 1);
	assert_int_equal(signers.count, 1);
	assert_string_equal(signers.ids[0], ring->keys[0].id);
}

/* Whatever byte of a manifest changes: it is never parsed, as the struct shows. */
static void a_changed_manifest(void **state)
{
	char id[DIGEST_HEX_SIZE], dir[128], path[160], text[sizeof(manifest_text)];
	struct err err = ERR_INIT;

	(void)state;
	put_image(manifest_text, id, dir);
	(void)snprintf(path, sizeof(path), "%s/manifest", dir);
	for (size_t i = 0; i < strlen(manifest_text); i += 7) {
		memcpy(text, manifest_text, sizeof(text));
		text[i] ^= 1;
		tree_file(path, text, 0644);
		memset(&manifest, 0x5a, sizeof(manifest));
		assert_tells(load(id, &err), -EBADMSG, err,
			     "manifest: changed, its sha256 is");
		assert_int_equal(manifest.layer_count, (size_t)0x5a5a5a5a5a5a5a5aULL);
	}
}

/* The directory is renamed too: only the signature is left to notice. */
static void a_forged_manifest(void **state)
{
	char id[DIGEST_HEX_SIZE], dir[128], other[DIGEST_HEX_SIZE], other_dir[128];
	char from[160], to[160];
	struct err err = ERR_INIT;

	(void)state;
	put_image(manifest_text, id, dir);
	put_image("lamina 1\nname forged\n", other, other_dir);
	(void)snprintf(from, sizeof(from), "%s/manifest.sig", dir);
	(void)snprintf(to, sizeof(to), "%s/manifest.sig", other_dir);
	assert_int_equal(renameat(tree_fd, from, tree_fd, to), 0);
	assert_tells(load(other, &err), -EKEYREJECTED, err, "manifest.sig: ");
	assert_tells(load(id, &err), -ENOKEY, err,
		     "not signed: there is no manifest.sig");
}

static void signed_but_malformed(void **state)
{
	char id[DIGEST_HEX_SIZE], dir[128];
	struct err err = ERR_INIT;

	(void)state;
	put_image("lamina 1\nname x\nnonsense\n", id, dir);
	assert_tells(load(id, &err), -EBADMSG, err, "manifest: line 3");
}

static void a_stranger_s_signature(void **state)
{
	char id[DIGEST_HEX_SIZE], dir[128], path[160];
	struct keyring others = *ring;
	struct err err = ERR_INIT;

	(void)state;
	put_image(manifest_text, id, dir);
	others.keys[0].id[0] ^= 1;
	assert_tells(load_by(id, &others, 1, &err), -ENOKEY, err, "manifest.sig: ");
	assert_tells(load_by(id, ring, 2, &err), -EKEYREJECTED, err,
		     "1 good signature, 2 needed");
	(void)snprintf(path, sizeof(path), "%s/manifest.sig", dir);
	tree_file(path, "", 0644);
	assert_tells(load(id, &err), -EBADMSG, err, "manifest.sig: ");
}

/* The files of an image may be anything, and as large as a disk. */
static void hostile_image_files(void **state)
{
	char id[DIGEST_HEX_SIZE], dir[128], path[160], aside[160];
	struct err err = ERR_INIT;

	(void)state;
	put_image(manifest_text, id, dir);
	(void)snprintf(path, sizeof(path), "%s/manifest", dir);
	(void)snprintf(aside, sizeof(aside), "%s/aside", dir);
	assert_int_equal(renameat(tree_fd, path, tree_fd, aside), 0);
	assert_tells(load(id, &err), -ENOENT, err, "manifest: No such file");
	tree_link(path, "aside");
	assert_tells(load(id, &err), -ELOOP, err, "manifest: is a symbolic link");
	tree_unlink(path);
	tree_fifo(path);
	assert_tells(load(id, &err), -EINVAL, err, "manifest: not a regular file");
	tree_unlink(path);
	tree_dir(path);
	assert_tells(load(id, &err), -EISDIR, err, "manifest: is a directory");
	assert_int_equal(unlinkat(tree_fd, path, AT_REMOVEDIR), 0);
	tree_file(path, "", 0644);
	assert_tells(load(id, &err), -EBADMSG, err, "manifest: changed");
	{
		int fd = openat(tree_fd, path, O_WRONLY);

		assert_int_equal(ftruncate(fd, 1LL << 40), 0);
		(void)close(fd);
	}
	assert_tells(load(id, &err), -EFBIG, err, "manifest: longer than 65536 bytes");
}

static void a_linked_image(void **state)
{
	char id[DIGEST_HEX_SIZE], dir[128];
	struct digest at;
	struct err err = ERR_INIT;

	(void)state;
	put_image(manifest_text, id, dir);
	assert_int_equal(renameat(tree_fd, dir, tree_fd, "elsewhere"), 0);
	tree_link(dir, "../elsewhere");
	assert_true(load(id, &err) < 0);
	images_init(&images, tree_fd);
	assert_tells(images_next(&images, &at, &err), 0, err, "");
}

static void lists_images_only(void **state)
{
	char id[DIGEST_HEX_SIZE], dir[128];
	struct digest at;
	struct err err = ERR_INIT;

	(void)state;
	images_init(&images, tree_fd);
	assert_tells(images_next(&images, &at, &err), -ENOENT, err, "not a store");
	put_image(manifest_text, id, dir);
	tree_dir("images/incoming");
	tree_dir("images/"
		 "ABCDEFabcdef0123456789abcdef0123456789abcdef0123456789abcdef0123");
	tree_dir(
		"images/abcdef0123456789abcdef0123456789abcdef0123456789abcdef012345678");
	tree_fifo("images/"
		  "0000000000000000000000000000000000000000000000000000000000000000");
	tree_file(
		"images/1111111111111111111111111111111111111111111111111111111111111111",
		"", 0644);
	err.text[0] = '\0';
	images_init(&images, tree_fd);
	assert_tells(images_next(&images, &at, &err), 1, err, "");
	assert_string_equal(DIGEST_HEX(&at), id);
	assert_tells(images_next(&images, &at, &err), 0, err, "");
	assert_tells(images_next(&images, &at, &err), 0, err, "");
	assert_string_equal(DIGEST_HEX(&at), id);
}

/* As many as are kept at a time, one less, one more, and several times that, made in no order. */
static void lists_them_in_order(void **state)
{
	static const int counts[] = { 1, IMAGES_KEPT - 1, IMAGES_KEPT, IMAGES_KEPT + 1,
				      3 * IMAGES_KEPT };
	char name[96], expected[96];
	struct digest at;
	struct err err = ERR_INIT;
	int there = 0;

	(void)state;
	for (size_t n = 0; n < sizeof(counts) / sizeof(counts[0]); n++) {
		for (; there < counts[n]; there++) {
			(void)snprintf(name, sizeof(name), "images/%064d", there);
			tree_dir(name);
		}
		images_init(&images, tree_fd);
		for (int i = 0; i < there; i++) {
			assert_tells(images_next(&images, &at, &err), 1, err, "");
			(void)snprintf(expected, sizeof(expected), "%064d", i);
			assert_string_equal(DIGEST_HEX(&at), expected);
		}
		assert_tells(images_next(&images, &at, &err), 0, err, "");
	}
}

#define BLOB \
	"blobs/sha256/2222222222222222222222222222222222222222222222222222222222222222"

static int open_blob(uint64_t size, struct err *err)
{
	struct digest digest;

	memset(&digest, 0x22, sizeof(digest));
	err->text[0] = '\0';
	return store_open_blob(tree_fd, &digest, size, err);
}

static void put_socket(const char *rel)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	(void)snprintf(name.sun_path, sizeof(name.sun_path), "%.100s/s", tree_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(renameat(tree_fd, "s", tree_fd, rel), 0);
	(void)close(fd);
}

static void blobs(void **state)
{
	struct err err = ERR_INIT;
	int fd;

	(void)state;
	assert_tells(open_blob(4, &err), -ENOENT, err, "not in the store");
	tree_file(BLOB, "four", 0644);
	fd = open_blob(4, &err);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	(void)close(fd);
	assert_tells(open_blob(5, &err), -EBADMSG, err,
		     "has 4 bytes, the manifest says 5");
	assert_tells(open_blob(1ULL << 40, &err), -EBADMSG, err,
		     "has 4 bytes, the manifest says");
	assert_int_equal(renameat(tree_fd, BLOB, tree_fd, "aside"), 0);
	tree_link(BLOB, "../../aside");
	assert_tells(open_blob(4, &err), -ELOOP, err,
		     "is a symbolic link, not a regular file");
	tree_link(BLOB, "/dev/zero");
	assert_tells(open_blob(4, &err), -ELOOP, err,
		     "is a symbolic link, not a regular file");
	tree_unlink(BLOB);
	tree_dir(BLOB);
	assert_tells(open_blob(4, &err), -EINVAL, err,
		     "is a directory, not a regular file");
	assert_int_equal(unlinkat(tree_fd, BLOB, AT_REMOVEDIR), 0);
	tree_fifo(BLOB);
	assert_tells(open_blob(4, &err), -EINVAL, err, "is a fifo, not a regular file");
	tree_unlink(BLOB);
	put_socket(BLOB);
	assert_tells(open_blob(4, &err), -ENXIO, err, "not a regular file");
}

/* The directories on the way may be links as well. */
static void blobs_behind_links(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	tree_file("real/2222222222222222222222222222222222222222222222222222222222222222",
		  "four", 0644);
	tree_link("blobs/sha256", "../real");
	assert_tells(open_blob(4, &err), -ELOOP, err, "is a symbolic link");
}

/* However long ago somebody filled it up. */
static void too_many_names(void **state)
{
	struct digest id;
	struct err err = ERR_INIT;

	(void)state;
	tree_dir("images");
	for (int i = 0; i <= 4096; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "images/%d", i);
		assert_int_equal(mknodat(tree_fd, name, S_IFREG | 0644, 0), 0);
		images_init(&images, tree_fd);
		if (i == 4095)
			assert_int_equal(images_next(&images, &id, &err), 0);
	}
	assert_tells(images_next(&images, &id, &err), -E2BIG, err,
		     "images: more than 4096 entries");
}

static void no_store(void **state)
{
	struct err err = ERR_INIT;
	char path[300];
	int fd = store_open(tree_path, &err);

	(void)state;
	assert_true(fd >= 0);
	(void)close(fd);
	tree_file("file", "", 0644);
	(void)snprintf(path, sizeof(path), "%s/file", tree_path);
	assert_tells(store_open(path, &err), -ENOTDIR, err, path);
	(void)snprintf(path, sizeof(path), "%s/none", tree_path);
	assert_tells(store_open(path, &err), -ENOENT, err, path);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, tree_new, tree_done)
	const struct CMUnitTest tests[] = {
		TEST(a_good_image),
		TEST(a_changed_manifest),
		TEST(a_forged_manifest),
		TEST(signed_but_malformed),
		TEST(a_stranger_s_signature),
		TEST(hostile_image_files),
		TEST(a_linked_image),
		TEST(lists_images_only),
		TEST(lists_them_in_order),
		TEST(blobs),
		TEST(blobs_behind_links),
		TEST(too_many_names),
		TEST(no_store),
	};

	return cmocka_run_group_tests(tests, image_make_key, NULL);
}
