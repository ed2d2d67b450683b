/* SPDX-License-Identifier: Apache-2.0 */
#include "block/find.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "live/live.h"

/* A loop device over a disk image, so that there is something to find. Not by
 * loop_open(): this one has 512-byte sectors, as its tables say, and partitions. Goes
 * when the fd is closed. */
static int attach(const char *fixture, char ret_path[32])
{
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	struct loop_config config = { .block_size = 512 };
	int loop;

	live_need_loop();
	if (access(live_fixture(fixture), F_OK) != 0)
		live_skip("no tool here makes %s", fixture);
	config.fd = (uint32_t)live_copy(fixture);
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
	LIVE_SOON(!live_is_bound(path));
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
	pid_t pid;

	live_need_loop();
	pid = fork();

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
	LIVE_SOON(!live_is_bound(found));
}

int main(int argc, char **argv)
{
	static const struct live_test tests[] = {
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
