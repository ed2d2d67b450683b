/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/overlay.h"

#include <sys/mount.h>
#include <sys/statfs.h>

#include "block/loop.h"
#include "live/files.h"
#include "stack/mount.h"
#include "stack/squash.h"
#include "stack/work.h"

#define WORK LIVE_SCRATCH "/work"

static void open_work(void)
{
	struct err err = ERR_INIT;

	(void)LIVE_GOOD(work_open(WORK, &err), &err);
	make_dir(WORK "/layers");
	make_dir(WORK "/root");
}

static void mount_squash(const char *fixture, const char *target)
{
	struct err err = ERR_INIT;
	int file = open(live_fixture(fixture), O_RDONLY | O_CLOEXEC), loop;
	struct stat st;
	char path[BACKING_PATH_SIZE];

	LIVE_TRUE(file >= 0 && fstat(file, &st) == 0);
	loop = live_loop(file, (uint64_t)st.st_size, path);
	make_dir(target);
	(void)LIVE_GOOD(squash_mount(path, target, &err), &err);
	close(loop);
	close(file);
}

/* Layers 0 to count-1 as plain directories: `common` says who is on top, `only-N` that
 * layer N is there at all. Layer 0 is a squashfs, so that kinds are mixed as in real
 * life. */
static struct overlay make_layers(size_t count, const char *upper, const char *work)
{
	char path[64], text[24];

	open_work();
	mount_squash("small.img", WORK "/layers/0");
	for (size_t i = 1; i < count; i++) {
		(void)snprintf(path, sizeof(path), WORK "/layers/%zu", i);
		make_dir(path);
		(void)snprintf(text, sizeof(text), "%zu", i);
		(void)snprintf(path, sizeof(path), WORK "/layers/%zu/common", i);
		put(path, text);
		(void)snprintf(path, sizeof(path), WORK "/layers/%zu/only-%zu", i, i);
		put(path, text);
	}
	return (struct overlay){
		.lowers_fd = open(WORK "/layers", O_PATH | O_DIRECTORY | O_CLOEXEC),
		.count = count,
		.upper = upper,
		.work = work,
	};
}

static void check_layers(size_t count)
{
	char path[64], text[24];

	(void)snprintf(text, sizeof(text), "%zu", count - 1);
	LIVE_TRUE(holds(WORK "/root/common", text));
	LIVE_TRUE(holds(WORK "/root/small", "small\n"));
	for (size_t i = 1; i < count; i++) {
		(void)snprintf(path, sizeof(path), WORK "/root/only-%zu", i);
		LIVE_TRUE(access(path, F_OK) == 0);
	}
}

/* statfs() has the values of mount(2)'s flags */
static int is_read_only_nodev(const struct statfs *fs)
{
	return (fs->f_flags & (MS_RDONLY | MS_NODEV | MS_NOSUID)) ==
	       (MS_RDONLY | MS_NODEV);
}

static void stack_read_only(size_t count)
{
	struct err err = ERR_INIT;
	struct overlay overlay = make_layers(count, NULL, NULL);
	struct statfs fs;
	char before[256], after[256];

	LIVE_TRUE(getcwd(before, sizeof(before)));
	(void)LIVE_GOOD(overlay_mount(&overlay, WORK "/root", &err), &err);
	LIVE_TRUE(getcwd(after, sizeof(after)) && strcmp(before, after) == 0);
	check_layers(count);
	LIVE_TRUE(statfs(WORK "/root", &fs) == 0);
	LIVE_TRUE(is_read_only_nodev(&fs));
	LIVE_TRUE(mkdir(WORK "/root/new", 0755) < 0 && errno == EROFS);
	close(overlay.lowers_fd);
	(void)LIVE_GOOD(work_drop(WORK, &err), &err);
	LIVE_TRUE(mounts_below(WORK) == 0);
}

static void overlay_2(void)
{
	stack_read_only(2);
}

static void overlay_64(void)
{
	stack_read_only(64);
}

static void overlay_200(void)
{
	stack_read_only(200);
}

static void overlay_500(void)
{
	stack_read_only(500);
}

static void overlay_501_is_refused(void)
{
	struct err err = ERR_INIT;
	struct overlay overlay = { .lowers_fd = AT_FDCWD, .count = 501 };

	LIVE_BAD(overlay_mount(&overlay, WORK "/root", &err), EINVAL, &err, "501 layers");
}

static void overlay_of_200_squashfs(void)
{
	struct err err = ERR_INIT;
	struct overlay overlay = { .count = 200 };
	char path[64];

	open_work();
	for (int i = 0; i < 200; i++) {
		(void)snprintf(path, sizeof(path), WORK "/layers/%d", i);
		mount_squash("small.img", path);
	}
	overlay.lowers_fd = open(WORK "/layers", O_PATH | O_DIRECTORY | O_CLOEXEC);
	(void)LIVE_GOOD(overlay_mount(&overlay, WORK "/root", &err), &err);
	LIVE_TRUE(holds(WORK "/root/small", "small\n"));
}

static void make_upper(const char *upper, const char *work)
{
	struct err err = ERR_INIT;

	make_dir(WORK "/upper");
	(void)LIVE_GOOD(work_tmpfs(WORK "/upper", MS_NOSUID | MS_NODEV,
				   "size=50%,mode=0755", &err),
			&err);
	make_dir(upper);
	make_dir(work);
}

static void overlay_with_upper(void)
{
	struct err err = ERR_INIT;
	struct overlay overlay = make_layers(3, WORK "/upper/upper", WORK "/upper/work");
	struct statfs fs;

	make_upper(overlay.upper, overlay.work);
	(void)LIVE_GOOD(overlay_mount(&overlay, WORK "/root", &err), &err);
	check_layers(3);
	put(WORK "/root/common", "changed");
	LIVE_TRUE(unlink(WORK "/root/only-1") == 0);
	LIVE_TRUE(holds(WORK "/root/common", "changed") &&
		  holds(WORK "/layers/2/common", "2"));
	LIVE_TRUE(access(WORK "/layers/1/only-1", F_OK) == 0);
	LIVE_TRUE(statfs(WORK "/root", &fs) == 0 && !(fs.f_flags & MS_RDONLY));
	close(overlay.lowers_fd);
	(void)LIVE_GOOD(work_drop(WORK, &err), &err);
	LIVE_TRUE(mounts_below(WORK) == 0);
}

static void overlay_one_layer_with_upper(void)
{
	struct err err = ERR_INIT;
	struct overlay overlay = make_layers(1, WORK "/upper/upper", WORK "/upper/work");

	make_upper(overlay.upper, overlay.work);
	(void)LIVE_GOOD(overlay_mount(&overlay, WORK "/root", &err), &err);
	put(WORK "/root/small", "changed");
	LIVE_TRUE(holds(WORK "/layers/0/small", "small\n"));
}

/* A path past the 255 bytes that fsconfig takes: the whole stack goes through mount(2).
 */
static void overlay_by_string(void)
{
	struct err err = ERR_INIT;
	char upper[400] = "", work[400] = "", name[201];
	struct overlay overlay = make_layers(64, upper, work);

	memset(name, 'n', 200);
	name[200] = '\0';
	make_upper(WORK "/upper/upper", WORK "/upper/work");
	(void)snprintf(upper, sizeof(upper), WORK "/upper/%s", name);
	make_dir(upper);
	(void)snprintf(work, sizeof(work), WORK "/upper/%s/%.100s", name, name);
	make_dir(work);
	(void)snprintf(upper, sizeof(upper), WORK "/upper/%s/%.99s", name, name);
	make_dir(upper);
	(void)LIVE_GOOD(overlay_mount(&overlay, WORK "/root", &err), &err);
	check_layers(64);
	put(WORK "/root/common", "changed");
	(void)strcat(upper, "/common");
	LIVE_TRUE(holds(upper, "changed"));
}

static void overlay_moves_a_single_layer(void)
{
	struct err err = ERR_INIT;
	struct overlay overlay = make_layers(1, NULL, NULL);
	struct statfs fs;

	(void)LIVE_GOOD(overlay_mount(&overlay, WORK "/root", &err), &err);
	LIVE_TRUE(holds(WORK "/root/small", "small\n"));
	LIVE_TRUE(access(WORK "/layers/0/small", F_OK) < 0);
	LIVE_TRUE(statfs(WORK "/root", &fs) == 0 && fs.f_type == 0x73717368);
	LIVE_TRUE(is_read_only_nodev(&fs));
}

static void overlay_names_what_is_missing(void)
{
	struct err err = ERR_INIT;
	struct overlay overlay = make_layers(2, WORK "/upper/none", WORK "/upper/work");

	LIVE_BAD(overlay_mount(&overlay, WORK "/root", &err), ENOENT, &err, "overlay: ");
	overlay.upper = "/tmp/a,b";
	LIVE_BAD(overlay_mount(&overlay, WORK "/root", &err), EINVAL, &err, "/tmp/a,b");
	overlay.upper = NULL;
	overlay.count = 3;
	LIVE_BAD(overlay_mount(&overlay, WORK "/root", &err), ENOENT, &err, "overlay: ");
	LIVE_TRUE(mounts_below(WORK "/root") == 0);
}

static void squash_says_the_kernels_words(void)
{
	struct err err = ERR_INIT;
	int file, loop;
	char path[BACKING_PATH_SIZE];

	put("zeros", "");
	LIVE_TRUE(truncate("zeros", 65536) == 0);
	file = open("zeros", O_RDONLY | O_CLOEXEC);
	loop = live_loop(file, 65536, path);
	make_dir("mnt");
	LIVE_BAD(squash_mount(path, "mnt", &err), EINVAL, &err, "SQUASHFS superblock");
	LIVE_TRUE(strstr(err.text, path));
	close(loop);
	LIVE_BAD(squash_mount("/dev/no-such", "mnt", &err), ENOENT, &err, "/dev/no-such");
	LIVE_BAD(mount_new("no-such-fs", NULL, "", 0, "mnt", &err), ENODEV, &err,
		 "no-such-fs");
}

static void work_tmpfs_refuses_a_typing_error(void)
{
	struct err err = ERR_INIT;

	make_dir("mnt");
	LIVE_BAD(work_tmpfs("mnt", 0, "mode=0755,siez=1m", &err), EINVAL, &err, "siez");
	LIVE_BAD(work_tmpfs("mnt", MS_SYNCHRONOUS, "", &err), EINVAL, &err, "mnt");
	LIVE_BAD(work_tmpfs("not-there", 0, "", &err), ENOENT, &err, "not-there");
	LIVE_BAD(work_drop("mnt", &err), EINVAL, &err, "mnt");
}

int main(int argc, char **argv)
{
	static const struct live_test tests[] = {
		LIVE_TEST(overlay_2),
		LIVE_TEST(overlay_64),
		LIVE_TEST(overlay_200),
		LIVE_TEST(overlay_500),
		LIVE_TEST(overlay_501_is_refused),
		LIVE_TEST(overlay_of_200_squashfs),
		LIVE_TEST(overlay_with_upper),
		LIVE_TEST(overlay_one_layer_with_upper),
		LIVE_TEST(overlay_by_string),
		LIVE_TEST(overlay_moves_a_single_layer),
		LIVE_TEST(overlay_names_what_is_missing),
		LIVE_TEST(squash_says_the_kernels_words),
		LIVE_TEST(work_tmpfs_refuses_a_typing_error),
		{ NULL, NULL },
	};

	return live_main(tests, argc, argv);
}
