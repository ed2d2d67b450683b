/* SPDX-License-Identifier: Apache-2.0 */
#include "block/dm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "block/loop.h"
#include "live/live.h"
#include "live/mapped.h"
#include "stack/squash.h"

static void flip(int fd, uint64_t offset)
{
	uint8_t byte;

	LIVE_TRUE(pread(fd, &byte, 1, (off_t)offset) == 1);
	byte ^= 1;
	LIVE_TRUE(pwrite(fd, &byte, 1, (off_t)offset) == 1);
}

struct layer {
	int file, loop;
	char loop_path[BACKING_PATH_SIZE], name[64], dm_path[32];
	struct digest root;
	struct dm_verity verity;
};

static void read_text(const char *fixture, char *text, size_t size)
{
	int fd = open(live_fixture(fixture), O_RDONLY | O_CLOEXEC);
	ssize_t n = fd_read_file(fd, text, size - 1);

	LIVE_TRUE(n > 0);
	close(fd);
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

static void layer_open(struct layer *layer)
{
	struct err err = ERR_INIT;
	char text[80];

	if (dm_probe(&err) < 0)
		live_skip("%s", err.text);
	layer->file = live_copy("layer.img");
	read_text("layer.root", text, sizeof(text));
	LIVE_TRUE(digest_parse(text, strlen(text), &layer->root) == 0);
	read_text("layer.data", text, sizeof(text));
	(void)snprintf(layer->name, sizeof(layer->name), "lamina-live-%d", (int)getpid());
	layer->verity = (struct dm_verity){
		.name = layer->name,
		.device = layer->loop_path,
		.root = &layer->root,
	};
	LIVE_TRUE(str_number(text, strlen(text), &layer->verity.data_bytes) == 0);
}

static void layer_attach(struct layer *layer)
{
	fsync(layer->file);
	layer->loop = live_loop(layer->file, live_size(layer->file), layer->loop_path);
}

/* Nothing must be left of a mapping when its last user has gone. */
static void layer_gone(struct layer *layer)
{
	close(layer->loop);
	LIVE_SOON(!live_is_bound(layer->loop_path));
}

static void verity_maps_a_good_layer(void)
{
	struct layer layer;
	struct err err = ERR_INIT;
	char text[64];
	int dm, fd;

	layer_open(&layer);
	layer_attach(&layer);
	dm = LIVE_GOOD(mapped_open(&layer.verity, layer.dm_path, &err), &err);
	LIVE_TRUE(mkdir("mnt", 0755) == 0);
	(void)LIVE_GOOD(squash_mount(layer.dm_path, "mnt", &err), &err);
	close(dm);
	close(layer.loop); /* the mount holds the mapping, the mapping the loop */
	fd = open("mnt/etc/hello", O_RDONLY | O_CLOEXEC);
	LIVE_TRUE(fd_read_file(fd, text, sizeof(text)) == 15);
	LIVE_TRUE(memcmp(text, "from the layer\n", 15) == 0);
	close(fd);
	LIVE_TRUE(live_is_bound(layer.loop_path));
	LIVE_TRUE(umount("mnt") == 0);
	LIVE_SOON(!live_is_bound(layer.loop_path));
	LIVE_SOON(access(layer.dm_path, F_OK) != 0);
}

static void verity_refuses_another_root(void)
{
	struct layer layer;
	struct err err = ERR_INIT;

	layer_open(&layer);
	layer.root.bytes[31] ^= 1;
	layer_attach(&layer);
	LIVE_BAD(mapped_open(&layer.verity, layer.dm_path, &err), EBADMSG, &err,
		 "root hash does not match");
	layer_gone(&layer);
}

static void verity_refuses_a_flipped_first_block(void)
{
	struct layer layer;
	struct err err = ERR_INIT;

	layer_open(&layer);
	flip(layer.file, 100);
	layer_attach(&layer);
	LIVE_BAD(mapped_open(&layer.verity, layer.dm_path, &err), EBADMSG, &err,
		 "verity");
	layer_gone(&layer);
}

static void verity_refuses_a_flipped_tree(void)
{
	struct layer layer;
	struct err err = ERR_INIT;

	layer_open(&layer);
	flip(layer.file, layer.verity.data_bytes + 4096 + 5);
	layer_attach(&layer);
	LIVE_BAD(mapped_open(&layer.verity, layer.dm_path, &err), EBADMSG, &err,
		 "verity");
	layer_gone(&layer);
}

/* Damage behind the first block shows when it is read, not before, and is never served.
 */
static void verity_fails_reads_of_a_flipped_block(void)
{
	struct layer layer;
	struct err err = ERR_INIT;
	_Alignas(4096) char block[4096]; /* it is open for direct reads */
	int dm;

	layer_open(&layer);
	flip(layer.file, 200 * 4096 + 17);
	layer_attach(&layer);
	dm = LIVE_GOOD(mapped_open(&layer.verity, layer.dm_path, &err), &err);
	LIVE_TRUE(pread(dm, block, sizeof(block), 199 * 4096) == 4096);
	LIVE_TRUE(pread(dm, block, sizeof(block), 200 * 4096) < 0 && errno == EIO);
	close(dm);
	layer_gone(&layer);
}

/* The file is changed under a mapped device: what was promised is what is read, or
 * nothing. */
static void verity_watches_later_changes(void)
{
	struct layer layer;
	struct err err = ERR_INIT;
	_Alignas(4096) char block[4096]; /* it is open for direct reads */
	int dm;

	layer_open(&layer);
	layer_attach(&layer);
	dm = LIVE_GOOD(mapped_open(&layer.verity, layer.dm_path, &err), &err);
	flip(layer.file, 210 * 4096);
	LIVE_TRUE(fsync(layer.file) == 0);
	LIVE_TRUE(pread(dm, block, sizeof(block), 210 * 4096) < 0 && errno == EIO);
	close(dm);
	layer_gone(&layer);
}

static void verity_ignores_the_superblock(void)
{
	struct layer layer;
	struct err err = ERR_INIT;

	layer_open(&layer);
	for (uint64_t i = 0; i < 512; i++)
		flip(layer.file, layer.verity.data_bytes + i);
	layer_attach(&layer);
	close(LIVE_GOOD(mapped_open(&layer.verity, layer.dm_path, &err), &err));
	layer_gone(&layer);
}

static void verity_refuses_a_cut_layer(void)
{
	struct layer layer;
	struct err err = ERR_INIT;

	layer_open(&layer);
	LIVE_TRUE(ftruncate(layer.file, (off_t)layer.verity.data_bytes) == 0);
	layer_attach(&layer);
	LIVE_TRUE(mapped_open(&layer.verity, layer.dm_path, &err) < 0);
	LIVE_TRUE(strstr(err.text, "verity"));
	layer_gone(&layer);
}

static void verity_names_are_unique(void)
{
	struct layer layer;
	struct err err = ERR_INIT;
	char other[32];
	int dm;

	layer_open(&layer);
	layer_attach(&layer);
	dm = LIVE_GOOD(mapped_open(&layer.verity, layer.dm_path, &err), &err);
	LIVE_BAD(mapped_open(&layer.verity, other, &err), EEXIST, &err, layer.name);
	close(dm);
	layer_gone(&layer);
}

int main(int argc, char **argv)
{
	static const struct live_test tests[] = {
		LIVE_TEST(verity_maps_a_good_layer),
		LIVE_TEST(verity_refuses_another_root),
		LIVE_TEST(verity_refuses_a_flipped_first_block),
		LIVE_TEST(verity_refuses_a_flipped_tree),
		LIVE_TEST(verity_fails_reads_of_a_flipped_block),
		LIVE_TEST(verity_watches_later_changes),
		LIVE_TEST(verity_ignores_the_superblock),
		LIVE_TEST(verity_refuses_a_cut_layer),
		LIVE_TEST(verity_names_are_unique),
		{ NULL, NULL },
	};

	return live_main(tests, argc, argv);
}
