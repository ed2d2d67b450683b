/* SPDX-License-Identifier: Apache-2.0 */
/* Loop devices, dm-verity and finding devices, with the running kernel. */
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "block/dm.h"
#include "block/find.h"
#include "block/loop.h"
#include "live/live.h"
#include "stack/squash.h"

static int copy_of(const char *fixture)
{
	int from = open(live_fixture(fixture), O_RDONLY | O_CLOEXEC);
	int to = open(fixture, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct stat st;

	LIVE_TRUE(from >= 0 && to >= 0 && fstat(from, &st) == 0);
	LIVE_TRUE(sendfile(to, from, NULL, (size_t)st.st_size) == st.st_size);
	close(from);
	return to;
}

static uint64_t size_of(int fd)
{
	struct stat st;

	LIVE_TRUE(fstat(fd, &st) == 0);
	return (uint64_t)st.st_size;
}

static void flip(int fd, uint64_t offset)
{
	uint8_t byte;

	LIVE_TRUE(pread(fd, &byte, 1, (off_t)offset) == 1);
	byte ^= 1;
	LIVE_TRUE(pwrite(fd, &byte, 1, (off_t)offset) == 1);
}

static int is_bound(const char *loop)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "/sys/class/block/%.31s/loop/backing_file",
		       loop + 5);
	return access(path, F_OK) == 0;
}

static void loop_is_as_asked(void)
{
	struct err err = ERR_INIT;
	int file = copy_of("layer.img"), block_size = 0, read_only = 0;
	uint64_t bytes = 0;
	char path[32], of_file[4096], of_loop[4096];
	int loop = LIVE_GOOD(loop_open(file, size_of(file), path, &err), &err);

	LIVE_TRUE(ioctl(loop, BLKSSZGET, &block_size) == 0 && block_size == 4096);
	LIVE_TRUE(ioctl(loop, BLKROGET, &read_only) == 0 && read_only == 1);
	LIVE_TRUE(ioctl(loop, BLKGETSIZE64, &bytes) == 0 && bytes == size_of(file));
	LIVE_TRUE(fd_pread_all(file, of_file, sizeof(of_file), 8192) == 0);
	LIVE_TRUE(fd_pread_all(loop, of_loop, sizeof(of_loop), 8192) == 0);
	LIVE_TRUE(memcmp(of_file, of_loop, sizeof(of_file)) == 0);
	LIVE_TRUE(is_bound(path));
	close(file); /* the device has its own */
	LIVE_TRUE(is_bound(path));
	close(loop);
	LIVE_SOON(!is_bound(path));
}

static void loop_ends_at_the_size(void)
{
	struct err err = ERR_INIT;
	int file = copy_of("layer.img");
	uint64_t bytes = 0;
	char path[32];
	int loop = LIVE_GOOD(loop_open(file, 8192, path, &err), &err);

	LIVE_TRUE(ioctl(loop, BLKGETSIZE64, &bytes) == 0 && bytes == 8192);
	LIVE_BAD(loop_open(file, 8191, path, &err), EINVAL, &err, "whole blocks");
	LIVE_BAD(loop_open(file, 0, path, &err), EINVAL, &err, "whole blocks");
}

static void loop_many_at_once(void)
{
	struct err err = ERR_INIT;
	int file = copy_of("small.img");
	char paths[64][32];

	for (int i = 0; i < 64; i++) {
		(void)LIVE_GOOD(loop_open(file, 4096, paths[i], &err), &err);
		for (int j = 0; j < i; j++)
			LIVE_TRUE(strcmp(paths[i], paths[j]) != 0);
	}
}

struct layer {
	int file, loop;
	char loop_path[32], name[64], dm_path[32];
	uint8_t root[32];
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
	layer->file = copy_of("layer.img");
	read_text("layer.root", text, sizeof(text));
	LIVE_TRUE(str_hex_decode(text, strlen(text), layer->root, 32) == 0);
	read_text("layer.data", text, sizeof(text));
	(void)snprintf(layer->name, sizeof(layer->name), "lamina-live-%d", (int)getpid());
	layer->verity = (struct dm_verity){
		.name = layer->name,
		.device = layer->loop_path,
		.root = layer->root,
	};
	LIVE_TRUE(str_number(text, strlen(text), &layer->verity.data_bytes) == 0);
}

static void layer_attach(struct layer *layer)
{
	struct err err = ERR_INIT;

	fsync(layer->file);
	layer->loop = LIVE_GOOD(
		loop_open(layer->file, size_of(layer->file), layer->loop_path, &err),
		&err);
}

/* Nothing must be left of a mapping when its last user has gone. */
static void layer_gone(struct layer *layer)
{
	close(layer->loop);
	LIVE_SOON(!is_bound(layer->loop_path));
}

static void verity_maps_a_good_layer(void)
{
	struct layer layer;
	struct err err = ERR_INIT;
	char text[64];
	int dm, fd;

	layer_open(&layer);
	layer_attach(&layer);
	dm = LIVE_GOOD(dm_verity_open(&layer.verity, layer.dm_path, &err), &err);
	LIVE_TRUE(mkdir("mnt", 0755) == 0);
	(void)LIVE_GOOD(squash_mount(layer.dm_path, "mnt", &err), &err);
	close(dm);
	close(layer.loop); /* the mount holds the mapping, the mapping the loop */
	fd = open("mnt/etc/hello", O_RDONLY | O_CLOEXEC);
	LIVE_TRUE(fd_read_file(fd, text, sizeof(text)) == 15);
	LIVE_TRUE(memcmp(text, "from the layer\n", 15) == 0);
	close(fd);
	LIVE_TRUE(is_bound(layer.loop_path));
	LIVE_TRUE(umount("mnt") == 0);
	LIVE_SOON(!is_bound(layer.loop_path));
	LIVE_SOON(access(layer.dm_path, F_OK) != 0);
	(void)LIVE_GOOD(dm_remove(layer.name, &err), &err);
}

static void verity_refuses_another_root(void)
{
	struct layer layer;
	struct err err = ERR_INIT;

	layer_open(&layer);
	layer.root[31] ^= 1;
	layer_attach(&layer);
	LIVE_BAD(dm_verity_open(&layer.verity, layer.dm_path, &err), EBADMSG, &err,
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
	LIVE_BAD(dm_verity_open(&layer.verity, layer.dm_path, &err), EBADMSG, &err,
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
	LIVE_BAD(dm_verity_open(&layer.verity, layer.dm_path, &err), EBADMSG, &err,
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
	dm = LIVE_GOOD(dm_verity_open(&layer.verity, layer.dm_path, &err), &err);
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
	dm = LIVE_GOOD(dm_verity_open(&layer.verity, layer.dm_path, &err), &err);
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
	close(LIVE_GOOD(dm_verity_open(&layer.verity, layer.dm_path, &err), &err));
	layer_gone(&layer);
}

static void verity_refuses_a_cut_layer(void)
{
	struct layer layer;
	struct err err = ERR_INIT;

	layer_open(&layer);
	LIVE_TRUE(ftruncate(layer.file, (off_t)layer.verity.data_bytes) == 0);
	layer_attach(&layer);
	LIVE_TRUE(dm_verity_open(&layer.verity, layer.dm_path, &err) < 0);
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
	dm = LIVE_GOOD(dm_verity_open(&layer.verity, layer.dm_path, &err), &err);
	LIVE_BAD(dm_verity_open(&layer.verity, other, &err), EEXIST, &err, layer.name);
	close(dm);
	layer_gone(&layer);
}

/* A loop device over a disk image, so that there is something to find. Not by
 * loop_open(): this one has 512-byte sectors, as its tables say, and partitions. Goes
 * when the fd is closed. */
static int attach(const char *fixture, char ret_path[32])
{
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	struct loop_config config = { .block_size = 512 };
	int loop;

	if (access(live_fixture(fixture), F_OK) != 0)
		live_skip("no tool here makes %s", fixture);
	config.fd = (uint32_t)copy_of(fixture);
	config.info.lo_flags = LO_FLAGS_PARTSCAN | LO_FLAGS_AUTOCLEAR;
	(void)snprintf(ret_path, 32, "/dev/loop%d", ioctl(control, LOOP_CTL_GET_FREE));
	loop = open(ret_path, O_RDWR | O_CLOEXEC);
	LIVE_TRUE(loop >= 0 && ioctl(loop, LOOP_CONFIGURE, &config) == 0);
	close((int)config.fd);
	close(control);
	return loop;
}

/* Others (udev) may look at it a moment longer. */
static void detach(int loop, const char *path)
{
	close(loop);
	LIVE_SOON(!is_bound(path));
}

/* As attach(), of a disk with partitions that the kernel can read. */
static int attach_disk(const char *fixture, char ret_path[32])
{
	int loop = attach(fixture, ret_path);
	char first[64];

	(void)snprintf(first, sizeof(first), "/sys/class/block/%sp1", ret_path + 5);
	if (access(first, F_OK) != 0)
		live_skip("this kernel does not read the partition table of %s", fixture);
	return loop;
}

static void finds(const char *source, const char *expected)
{
	struct err err = ERR_INIT;
	char path[64];
	int fd = find_device(source, 3000, path, &err);

	if (fd < 0 || strcmp(path, expected) != 0)
		live_fail(__FILE__, __LINE__, "%s: not %s: %s", source, expected,
			  err.text);
	close(fd);
}

static void find_file_systems(void)
{
	char path[32];
	int loop = attach("ext4.img", path);

	finds("LABEL=live-ext4", path);
	finds("UUID=11111111-2222-3333-4444-555555555555", path);
	detach(loop, path);
	loop = attach("vfat.img", path);
	finds("LABEL=LIVEFAT", path);
	finds("UUID=1234-ABCD", path);
	detach(loop, path);
	loop = attach("f2fs.img", path);
	finds("LABEL=live-f2fs", path);
	detach(loop, path);
}

static void find_gpt_partitions(void)
{
	char disk[32], first[40], second[40];
	int loop = attach_disk("gpt.img", disk);

	(void)snprintf(first, sizeof(first), "%sp1", disk);
	(void)snprintf(second, sizeof(second), "%sp2", disk);
	finds("PARTLABEL=live-boot", first);
	finds("PARTLABEL=live-d\303\244t\303\244", second);
	finds("PARTUUID=aaaaaaaa-0000-4000-8000-000000000002", second);
	finds("PARTUUID=AAAAAAAA-0000-4000-8000-000000000001", first);
	finds(first, first);
	/* the first table gone, the second at the end of the disk holds */
	LIVE_TRUE(pwrite(loop, "none", 4, 512) == 4 && fsync(loop) == 0);
	finds("PARTUUID=aaaaaaaa-0000-4000-8000-000000000002", second);
	detach(loop, disk);
}

static void find_mbr_partitions(void)
{
	char disk[32], second[40];
	int loop = attach_disk("mbr.img", disk);

	(void)snprintf(second, sizeof(second), "%sp2", disk);
	finds("PARTUUID=1a2b3c4d-02", second);
	detach(loop, disk);
}

static void find_two_that_answer(void)
{
	struct err err = ERR_INIT;
	char one[32], two[32], path[64];
	int loop = attach("ext4.img", one);

	int other = attach("ext4.img", two);

	LIVE_BAD(find_device("LABEL=live-ext4", 0, path, &err), ENOTUNIQ, &err, one);
	LIVE_TRUE(strstr(err.text, two));
	detach(loop, one);
	finds("LABEL=live-ext4", two);
	detach(other, two);
}

static void find_says_what_was_seen(void)
{
	struct err err = ERR_INIT;
	char disk[32], path[64];

	int loop = attach("ext4.img", disk);

	LIVE_BAD(find_device("LABEL=no-such-thing", 100, path, &err), ENXIO, &err,
		 disk + 5);
	LIVE_BAD(find_device("/dev/no-such-thing", 0, path, &err), ENXIO, &err, disk + 5);
	LIVE_BAD(find_device("/dev/null", 0, path, &err), ENOTBLK, &err, "/dev/null");
	LIVE_BAD(find_device("nonsense", 0, path, &err), EINVAL, &err, "nonsense");
	detach(loop, disk);
}

/* The device that appears while we look. */
static void find_waits(void)
{
	char path[32];
	pid_t pid = fork();

	if (pid == 0) {
		usleep(200000);
		int loop = attach("ext4.img", path);

		usleep(4000000);
		close(loop);
		_exit(0);
	}
	struct err err = ERR_INIT;
	char found[64];

	close(LIVE_GOOD(find_device("LABEL=live-ext4", 4000, found, &err), &err));
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	LIVE_SOON(!is_bound(found));
}

int main(int argc, char **argv)
{
	static const struct live_test tests[] = {
		LIVE_TEST(loop_is_as_asked),
		LIVE_TEST(loop_ends_at_the_size),
		LIVE_TEST(loop_many_at_once),
		LIVE_TEST(verity_maps_a_good_layer),
		LIVE_TEST(verity_refuses_another_root),
		LIVE_TEST(verity_refuses_a_flipped_first_block),
		LIVE_TEST(verity_refuses_a_flipped_tree),
		LIVE_TEST(verity_fails_reads_of_a_flipped_block),
		LIVE_TEST(verity_watches_later_changes),
		LIVE_TEST(verity_ignores_the_superblock),
		LIVE_TEST(verity_refuses_a_cut_layer),
		LIVE_TEST(verity_names_are_unique),
		LIVE_TEST(find_file_systems),
		LIVE_TEST(find_gpt_partitions),
		LIVE_TEST(find_mbr_partitions),
		LIVE_TEST(find_two_that_answer),
		LIVE_TEST(find_says_what_was_seen),
		LIVE_TEST(find_waits),
		{ NULL, NULL },
	};

	return live_main(tests, argc, argv);
}
