/* SPDX-License-Identifier: Apache-2.0 */
#include "install/scrub.h"

#include <errno.h>

#include "base/str.h"
#include "tree.h"
#include "trust/hash-tree.h"

static struct manifest_layer layer;
static char path[128];

/* A blob of @blocks data blocks with its tree; holes where there is no pattern. */
static void make(uint64_t blocks)
{
	struct hash_tree_result result;
	struct err err = ERR_INIT;
	int fd;

	tree_file("blobs/sha256/new", "", 0600);
	fd = openat(tree_fd, "blobs/sha256/new", O_RDWR);
	assert_true(fd >= 0);
	for (uint64_t i = 0; i < blocks; i += 97)
		assert_int_equal(pwrite(fd, &i, sizeof(i), (off_t)(i * 4096 + 8)), 8);
	assert_int_equal(hash_tree_append(fd, blocks * 4096, 1, &result, &err), 0);
	layer = (struct manifest_layer){ .size_bytes = result.size_bytes,
					 .data_bytes = result.data_bytes };
	layer.blob = result.blob;
	layer.root = result.root;
	(void)strcpy(path, "blobs/sha256/");
	digest_hex(&layer.blob, path + strlen(path));
	assert_int_equal(renameat(tree_fd, "blobs/sha256/new", tree_fd, path), 0);
	(void)close(fd);
}

/* Twice: it is as it was. */
static void flip(uint64_t block)
{
	int fd = openat(tree_fd, path, O_RDWR);
	off_t at = (off_t)(block * 4096 + block % 4096);
	char byte;

	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 4;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	(void)close(fd);
}

static enum scrub_kind kinds[8];
static uint64_t blocks_told[8], progress_bytes;
static size_t told;

static void note(void *context, enum scrub_kind kind, uint64_t block)
{
	(void)context;
	if (told < 8) {
		kinds[told] = kind;
		blocks_told[told] = block;
	}
	told++;
}

static void note_progress(void *context, uint64_t size_bytes)
{
	(void)context;
	progress_bytes += size_bytes;
}

static int run(struct scrub *scrub, struct err *err)
{
	int r;

	*scrub = (struct scrub){ .bad = note, .progress = note_progress };
	told = 0;
	progress_bytes = 0;
	err->text[0] = '\0';
	r = scrub_layer(scrub, tree_fd, &layer, err);
	assert_int_equal(told, scrub->bad_blocks);
	return r;
}

static const uint64_t sizes[] = { 1, 2, 3, 127, 128, 129, 300, 128 * 128 + 1 };

static void good_layers(void **state)
{
	struct err err = ERR_INIT;
	struct scrub scrub;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		make(sizes[i]);
		assert_tells(run(&scrub, &err), 0, err, "");
		assert_int_equal(scrub.bad_blocks, 0);
		assert_int_equal(scrub.lost_blocks, 0);
		assert_int_equal(progress_bytes, layer.size_bytes);
	}
}

/* Every block of data, of the tree and between them is looked at, and named. */
static void every_block(void **state)
{
	struct err err = ERR_INIT;
	struct scrub scrub;

	(void)state;
	for (size_t i = 0; i < 7; i++) {
		uint64_t all, data = sizes[i];

		make(data);
		all = layer.size_bytes / 4096;
		for (uint64_t block = 0; block < all; block++) {
			flip(block);
			assert_int_equal(run(&scrub, &err), -EBADMSG);
			assert_int_equal(scrub.bad_blocks, 1);
			assert_int_equal(kinds[0], block < data	   ? SCRUB_DATA
						   : block == data ? SCRUB_SUPERBLOCK
								   : SCRUB_TREE);
			assert_int_equal(blocks_told[0], block < data ? block
							 : block == data
								 ? 0
								 : block - data - 1);
			flip(block);
		}
		assert_int_equal(run(&scrub, &err), 0);
	}
}

static void counts(void **state)
{
	struct err err = ERR_INIT;
	struct scrub scrub;

	(void)state;
	make(300);
	flip(7);
	flip(130);
	flip(299);
	assert_tells(run(&scrub, &err), -EBADMSG, err,
		     "3 of 305 blocks are damaged, first data block 7");
	assert_int_equal(blocks_told[1], 130);
	assert_int_equal(blocks_told[2], 299);
	/* the tree is top first: 302 is the block for data 0 to 127 */
	flip(302);
	assert_tells(run(&scrub, &err), -EBADMSG, err,
		     "3 of 305 blocks are damaged, first hash block 1; 128 more");
	/* above it all */
	flip(301);
	assert_tells(run(&scrub, &err), -EBADMSG, err, "1 of 305 blocks is damaged: ");
	assert_int_equal(scrub.lost_blocks, 300);
	layer.root.bytes[3] ^= 1;
	flip(301);
	assert_int_equal(run(&scrub, &err), -EBADMSG);
}

static void not_a_layer(void **state)
{
	struct err err = ERR_INIT;
	struct scrub scrub;
	int fd;

	(void)state;
	make(3);
	fd = openat(tree_fd, path, O_RDWR);
	assert_int_equal(ftruncate(fd, 4096), 0);
	(void)close(fd);
	assert_tells(run(&scrub, &err), -EBADMSG, err, "the manifest says");
	tree_unlink(path);
	assert_tells(run(&scrub, &err), -ENOENT, err, "not in the store");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, tree_new, tree_done)
	const struct CMUnitTest tests[] = {
		TEST(good_layers),
		TEST(every_block),
		TEST(counts),
		TEST(not_a_layer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
