/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes, places and times that 32 bits can't say, on the kernel that runs: a layer of
 * 5 GiB and a block, all holes but the last block and the hash tree. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/sys.h"
#include "block/dm.h"
#include "block/loop.h"
#include "format/manifest.h"
#include "format/ustar.h"
#include "format/verity.h"
#include "install/unbundle.h"
#include "live/live.h"
#include "live/mapped.h"
#include "store/store.h"
#include "trust/sha256.h"

#define FAR ((uint64_t)5 << 30)
#define NEAR ((uint64_t)1 << 30) /* what is left of it in 32 bits */
#define HASHES (VERITY_BLOCK / DIGEST_SIZE)

static uint8_t block[VERITY_BLOCK] __attribute__((aligned(VERITY_BLOCK)));

static int make_file(uint64_t size_bytes)
{
	int fd = open("far", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	LIVE_TRUE(fd >= 0 && ftruncate(fd, (off_t)size_bytes) == 0);
	memset(block, 'x', sizeof(block));
	LIVE_TRUE(fd_pwrite_all(fd, block, sizeof(block), FAR) == 0);
	return fd;
}

static bool block_is(int fd, uint64_t offset, uint8_t byte)
{
	memset(block, ~byte, sizeof(block));
	if (fd_pread_all(fd, block, sizeof(block), offset) < 0)
		return false;
	return block[0] == byte && memcmp(block, block + 1, sizeof(block) - 1) == 0;
}

static void loop_of_5_gib(void)
{
	const uint64_t size_bytes = FAR + VERITY_BLOCK;
	uint64_t bytes = 0;
	char path[BACKING_PATH_SIZE];
	int loop;

	loop = live_loop(make_file(size_bytes), size_bytes, path);
	LIVE_TRUE(ioctl(loop, BLKGETSIZE64, &bytes) == 0 && bytes == size_bytes);
	LIVE_TRUE(block_is(loop, FAR, 'x'));
	LIVE_TRUE(block_is(loop, NEAR, 0));
}

/* One level of the tree, whose blocks are all alike but the last, and what those two
 * hash to. */
struct level {
	uint64_t count;
	struct digest most, last;
};

/* Writes the level above @below, its last block at @end, and returns where it begins. */
static uint64_t add_level(int fd, uint64_t end, const struct level *below,
			  struct level *ret_level)
{
	uint64_t count = (below->count + HASHES - 1) / HASHES;
	size_t left = (size_t)(below->count - (count - 1) * HASHES);
	uint64_t begin = end - count * VERITY_BLOCK;

	for (size_t i = 0; i < HASHES; i++)
		memcpy(block + i * DIGEST_SIZE, below->most.bytes, DIGEST_SIZE);
	for (uint64_t i = 0; i + 1 < count; i++)
		LIVE_TRUE(fd_pwrite_all(fd, block, sizeof(block),
					begin + i * VERITY_BLOCK) == 0);
	(void)sha256_of(block, sizeof(block), &ret_level->most);
	memset(block + left * DIGEST_SIZE, 0, sizeof(block) - left * DIGEST_SIZE);
	memcpy(block + (left - 1) * DIGEST_SIZE, below->last.bytes, DIGEST_SIZE);
	LIVE_TRUE(fd_pwrite_all(fd, block, sizeof(block), end - VERITY_BLOCK) == 0);
	(void)sha256_of(block, sizeof(block), &ret_level->last);
	ret_level->count = count;
	return begin;
}

/* The tree lies behind the superblock, the root's block first. */
static void add_tree(int fd, uint64_t data_bytes, uint64_t size_bytes,
		     struct digest *ret_root)
{
	struct level below, level = { .count = data_bytes / VERITY_BLOCK };
	uint64_t at = size_bytes;

	memset(block, 0, sizeof(block));
	(void)sha256_of(block, sizeof(block), &level.most);
	memset(block, 'x', sizeof(block));
	(void)sha256_of(block, sizeof(block), &level.last);
	while (level.count > 1) {
		below = level;
		at = add_level(fd, at, &below, &level);
	}
	LIVE_TRUE(at == data_bytes + VERITY_BLOCK);
	*ret_root = level.last;
}

static void verity_of_5_gib(void)
{
	const uint64_t data = FAR + VERITY_BLOCK;
	const uint64_t size =
		data + (1 + verity_tree_blocks(data / VERITY_BLOCK)) * VERITY_BLOCK;
	struct err err = ERR_INIT;
	char loop_path[BACKING_PATH_SIZE], dm_path[32];
	struct digest root;
	struct dm_verity verity = { .name = "live-large",
				    .device = loop_path,
				    .data_bytes = data,
				    .root = &root };
	int file, loop, dm;

	if (dm_probe(&err) < 0)
		live_skip("%s", err.text);
	LIVE_TRUE(verity_layout_check(size, data, &err) == 0);
	file = make_file(size);
	add_tree(file, data, size, &root);
	loop = live_loop(file, size, loop_path);
	dm = LIVE_GOOD(mapped_open(&verity, dm_path, &err), &err);
	LIVE_TRUE(block_is(dm, FAR, 'x'));
	LIVE_TRUE(block_is(dm, NEAR, 0));
	close(dm);
	/* damage there is not damage here */
	LIVE_TRUE(pwrite(file, "y", 1, (off_t)FAR + 100) == 1 && fsync(file) == 0);
	LIVE_TRUE(ioctl(loop, BLKFLSBUF, 0) == 0);
	LIVE_SOON((dm = mapped_open(&verity, dm_path, &err)) >= 0);
	LIVE_TRUE(block_is(dm, NEAR, 0));
	LIVE_TRUE(!block_is(dm, FAR, 'x') && !block_is(dm, FAR, 'y'));
}

/* A layer that the store has already is passed over by seeking. */
static void bundle_passes_over_5_gib(void)
{
	static const struct digest digest;
	const struct manifest_blob blob = { &digest, FAR + VERITY_BLOCK };
	char path[STORE_BLOB_PATH_SIZE];
	const uint64_t end = USTAR_BLOCK + blob.size_bytes;
	uint8_t header[USTAR_BLOCK];
	struct err err = ERR_INIT;
	uint64_t offset = 0;
	int fd = make_file(end);

	LIVE_TRUE(ustar_write(store_blob_path(&digest, path), blob.size_bytes, header) ==
		  0);
	LIVE_TRUE(fd_pwrite_all(fd, header, sizeof(header), 0) == 0);
	(void)LIVE_GOOD(unbundle_skip(fd, &blob, &offset, &err), &err);
	LIVE_TRUE(offset == USTAR_BLOCK);
	LIVE_TRUE(lseek(fd, 0, SEEK_CUR) == (off_t)end);
	LIVE_TRUE(ftruncate(fd, (off_t)end - 1) == 0 && lseek(fd, 0, SEEK_SET) == 0);
	LIVE_BAD(unbundle_skip(fd, &blob, &offset, &err), EBADMSG, &err, "");
}

/* On a board of tests/device the clock says 2040. */
static void times_past_2038(void)
{
	const struct timespec late[2] = { { .tv_sec = 1 },
					  { .tv_sec = (time_t)1 << 33 } };
	struct timespec now = { 0 };
	struct stat st;
	int fd = open("late", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	const time_t before = time(NULL);

	_Static_assert(sizeof(time_t) == 8, "a time has 64 bits");
	LIVE_TRUE(futimens(fd, late) == 0 && sys_fstat(fd, &st) == 0);
	LIVE_TRUE(st.st_mtim.tv_sec == (time_t)1 << 33 && st.st_atim.tv_sec == 1);
	LIVE_TRUE(sys_clock_gettime(CLOCK_REALTIME, &now) == 0);
	/* time() tells the last tick's second, which may be the one before */
	LIVE_TRUE(now.tv_sec >= before && now.tv_sec <= time(NULL) + 1);
}

int main(int argc, char **argv)
{
	static const struct live_test tests[] = {
		LIVE_TEST(loop_of_5_gib),
		LIVE_TEST(verity_of_5_gib),
		LIVE_TEST(bundle_passes_over_5_gib),
		LIVE_TEST(times_past_2038),
		{ NULL, NULL },
	};

	return live_main(tests, argc, argv);
}
