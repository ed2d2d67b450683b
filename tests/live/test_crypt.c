/* SPDX-License-Identifier: Apache-2.0 */
#include "block/crypt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "block/loop.h"
#include "live/live.h"

#define SIZE (1 << 20)
#define AT 8192

static uint8_t key[CRYPT_KEY_SIZE], text[4096], read_back[4096];

struct place {
	int file, loop;
	char loop_path[BACKING_PATH_SIZE], path[CRYPT_PATH_SIZE], name[64];
	struct crypt crypt;
};

static void place_open(struct place *place)
{
	struct err err = ERR_INIT;
	char path[BACKING_PATH_SIZE];

	place->file = memfd_create("medium", MFD_CLOEXEC);
	LIVE_TRUE(ftruncate(place->file, SIZE) == 0);
	/* skips where there are no loop devices */
	close(live_loop(place->file, SIZE, path));
	place->loop = LIVE_GOOD(
		loop_open_writable(place->file, SIZE, place->loop_path, &err), &err);
	(void)snprintf(place->name, sizeof(place->name), "lamina-crypt-%d",
		       (int)getpid());
	place->crypt = (struct crypt){ .name = place->name,
				       .device = place->loop_path,
				       .at_bytes = AT,
				       .size_bytes = SIZE - AT,
				       .key = key };
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	memset(text, 'x', sizeof(text));
}

static int map(struct place *place)
{
	struct err err = ERR_INIT;
	int fd = crypt_open(&place->crypt, place->path, &err);

	if (fd == -ENOTSUP)
		live_skip("%s", err.text);
	return LIVE_GOOD(fd, &err);
}

static void read_mapped(struct place *place)
{
	int fd = map(place);

	LIVE_TRUE(fd_pread_all(fd, read_back, sizeof(read_back), 4096) == 0);
	close(fd);
	LIVE_SOON(access(place->path, F_OK) != 0);
}

static void crypt_hides_and_keeps(void)
{
	struct place place;
	int fd;

	place_open(&place);
	fd = map(&place);
	LIVE_TRUE(fd_pwrite_all(fd, text, sizeof(text), 4096) == 0);
	LIVE_TRUE(fsync(fd) == 0);
	close(fd);
	LIVE_SOON(access(place.path, F_OK) != 0);
	LIVE_TRUE(fd_pread_all(place.file, read_back, sizeof(read_back), AT + 4096) == 0);
	for (size_t i = 0; i + 16 <= sizeof(text); i++)
		LIVE_TRUE(memcmp(read_back + i, text, 16) != 0);
	read_mapped(&place);
	LIVE_TRUE(memcmp(read_back, text, sizeof(text)) == 0);
	/* before it, nothing */
	LIVE_TRUE(fd_pread_all(place.file, read_back, sizeof(read_back), 0) == 0);
	LIVE_TRUE(read_back[0] == 0 && memcmp(read_back, read_back + 1, 4095) == 0);
	key[63] ^= 1;
	read_mapped(&place);
	LIVE_TRUE(memcmp(read_back, text, 16) != 0);
	close(place.loop);
	LIVE_SOON(!live_is_bound(place.loop_path));
}

static void crypt_is_no_larger_than_its_device(void)
{
	struct place place;
	struct err err = ERR_INIT;

	place_open(&place);
	close(map(&place));
	place.crypt.size_bytes = SIZE;
	LIVE_BAD(crypt_open(&place.crypt, place.path, &err), ENOTSUP, &err, "smaller");
	close(place.loop);
	LIVE_SOON(!live_is_bound(place.loop_path));
}

int main(int argc, char **argv)
{
	static const struct live_test tests[] = {
		LIVE_TEST(crypt_hides_and_keeps),
		LIVE_TEST(crypt_is_no_larger_than_its_device),
		{ NULL, NULL },
	};

	return live_main(tests, argc, argv);
}
