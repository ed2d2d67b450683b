/* SPDX-License-Identifier: Apache-2.0 */
#include "block/loop.h"

#include <errno.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "live/live.h"

static void loop_is_as_asked(void)
{
	int file = live_copy("layer.img"), block_size = 0, read_only = 0;
	uint64_t bytes = 0;
	char path[BACKING_PATH_SIZE], of_file[4096], of_loop[4096];
	int loop = live_loop(file, live_size(file), path);

	LIVE_TRUE(ioctl(loop, BLKSSZGET, &block_size) == 0 && block_size == 4096);
	LIVE_TRUE(ioctl(loop, BLKROGET, &read_only) == 0 && read_only == 1);
	LIVE_TRUE(ioctl(loop, BLKGETSIZE64, &bytes) == 0 && bytes == live_size(file));
	LIVE_TRUE(fd_pread_all(file, of_file, sizeof(of_file), 8192) == 0);
	LIVE_TRUE(fd_pread_all(loop, of_loop, sizeof(of_loop), 8192) == 0);
	LIVE_TRUE(memcmp(of_file, of_loop, sizeof(of_file)) == 0);
	LIVE_TRUE(live_is_bound(path));
	close(file); /* the device has its own */
	LIVE_TRUE(live_is_bound(path));
	close(loop);
	LIVE_SOON(!live_is_bound(path));
}

static void loop_ends_at_the_size(void)
{
	struct err err = ERR_INIT;
	int file = live_copy("layer.img");
	uint64_t bytes = 0;
	char path[BACKING_PATH_SIZE];
	int loop = live_loop(file, 8192, path);

	LIVE_TRUE(ioctl(loop, BLKGETSIZE64, &bytes) == 0 && bytes == 8192);
	LIVE_BAD(loop_open(file, 8191, path, &err), EINVAL, &err, "whole blocks");
	LIVE_BAD(loop_open(file, 0, path, &err), EINVAL, &err, "whole blocks");
}

static void loop_many_at_once(void)
{
	int file = live_copy("small.img");
	char paths[64][BACKING_PATH_SIZE];

	for (int i = 0; i < 64; i++) {
		(void)live_loop(file, 4096, paths[i]);
		for (int j = 0; j < i; j++)
			LIVE_TRUE(strcmp(paths[i], paths[j]) != 0);
	}
}

int main(int argc, char **argv)
{
	static const struct live_test tests[] = {
		LIVE_TEST(loop_is_as_asked),
		LIVE_TEST(loop_ends_at_the_size),
		LIVE_TEST(loop_many_at_once),
		{ NULL, NULL },
	};

	return live_main(tests, argc, argv);
}
