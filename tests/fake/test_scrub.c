/* SPDX-License-Identifier: Apache-2.0 */
/* What a medium that can't be read everywhere makes of a scrub. */
#include "install/scrub.h"

#include "fake/store.h"
#include "trust/hash-tree.h"

#define BLOCKS 300

static struct manifest_layer layer;
static struct scrub result;

/* A blob of three chunks and a tree of two levels. */
static void setup(void)
{
	static uint8_t data[BLOCKS * 4096];
	struct hash_tree_result made;
	char path[160] = "/store/blobs/sha256/";
	struct err err = ERR_INIT;
	int fd;

	fake_reset();
	fake_boot();
	image_fill(data, sizeof(data), 3);
	fake_bytes("/store/blobs/sha256/new", data, sizeof(data));
	fd = sys_openat(AT_FDCWD, "/store/blobs/sha256/new", O_RDWR, 0);
	assert_int_equal(hash_tree_append(fd, sizeof(data), 1, &made, &err), 0);
	fd_close(fd);
	layer = (struct manifest_layer){ .size_bytes = made.size_bytes,
					 .data_bytes = made.data_bytes };
	layer.blob = made.blob;
	layer.root = made.root;
	digest_hex(&made.blob, path + strlen(path));
	assert_int_equal(
		sys_renameat(AT_FDCWD, "/store/blobs/sha256/new", AT_FDCWD, path), 0);
	memset(&result, 0, sizeof(result));
}

static int check_all(struct err *err)
{
	__fd int store = store_open("/store", err);

	return store < 0 ? store : scrub_layer(&result, store, &layer, err);
}

/* The parts of data are read again, block by block; advice is only that. */
static bool forgives(const char *call)
{
	return strncmp(call, "pread", 5) == 0 || strncmp(call, "fadvise", 7) == 0;
}

static int translates(const char *call)
{
	return strncmp(call, "pread", 5) == 0 ? EBADMSG : 0;
}

static int unreadable;

/* A block of hashes or the superblock that can't be read is a bad one, and the data below
 * it is lost. */
static void check(int r, const char *call)
{
	(void)call;
	assert_int_equal(result.bad_blocks, r == -EBADMSG ? 1 : 0);
	unreadable += r == -EBADMSG;
	if (r != -EBADMSG)
		assert_int_equal(result.lost_blocks, 0);
	else
		assert_true(result.lost_blocks == 0 || result.lost_blocks == 44 ||
			    result.lost_blocks == 128 || result.lost_blocks == 300);
}

static void sweeps(void **state)
{
	const struct fake_sweep sweep = { .setup = setup,
					  .run = check_all,
					  .names = "/store|open|fstat|damaged",
					  .forgives = forgives,
					  .translates = translates,
					  .check = check };

	(void)state;
	assert_in_range(fake_sweep(&sweep), 10, 60);
	/* four blocks of hashes and the superblock */
	assert_int_equal(unreadable, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sweeps),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
