/* SPDX-License-Identifier: Apache-2.0 */
/* Mounting, stacking and switching, with the running kernel. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "block/loop.h"
#include "live/live.h"
#include "stack/mount.h"
#include "stack/overlay.h"
#include "stack/squash.h"
#include "stack/switch.h"
#include "stack/work.h"

#define WORK LIVE_SCRATCH "/work"

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || fd_write_all(fd, text, strlen(text)) < 0)
		live_fail(__FILE__, __LINE__, "%s: %s", path, strerror(errno));
	close(fd);
}

static void make_dir(const char *path)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		live_fail(__FILE__, __LINE__, "%s: %s", path, strerror(errno));
}

static int holds(const char *path, const char *text)
{
	char buf[64];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : fd_read_file(fd, buf, sizeof(buf));

	fd_close(fd);
	return n == (ssize_t)strlen(text) && memcmp(buf, text, (size_t)n) == 0;
}

static int mounts_below(const char *path)
{
	char line[1024];
	FILE *file = fopen("/proc/self/mountinfo", "re");
	int count = 0;

	LIVE_TRUE(file != NULL);
	while (fgets(line, sizeof(line), file))
		count += strstr(line, path) != NULL;
	fclose(file);
	return count;
}

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
	char path[32];

	LIVE_TRUE(file >= 0 && fstat(file, &st) == 0);
	loop = LIVE_GOOD(loop_open(file, (uint64_t)st.st_size, path, &err), &err);
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
	char path[32];

	put("zeros", "");
	LIVE_TRUE(truncate("zeros", 65536) == 0);
	file = open("zeros", O_RDONLY | O_CLOEXEC);
	loop = LIVE_GOOD(loop_open(file, 65536, path, &err), &err);
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

/*
 * A root to leave: FIRST is a tmpfs with an initramfs' files in a directory, a bind mount
 * of a directory beside it (same st_dev!), and a work mount with the new root, also
 * tmpfs.
 */
#define FIRST LIVE_SCRATCH "/first"
#define ROOT FIRST "/initramfs"

static void mount_at(const char *type, const char *target)
{
	make_dir(target);
	if (mount(type, target, type, 0, NULL) < 0)
		live_fail(__FILE__, __LINE__, "%s: %s", target, strerror(errno));
}

static void make_first_root(const char *root)
{
	char path[200];
	static const char *const dirs[] = { "/etc", "/etc/deep", "/etc/deep/er",
					    "/bound" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", root, dirs[i]);
		make_dir(path);
	}
	(void)snprintf(path, sizeof(path), "%s/init", root);
	put(path, "program");
	(void)snprintf(path, sizeof(path), "%s/etc/deep/er/file", root);
	put(path, "secret");
	(void)snprintf(path, sizeof(path), "%s/link", root);
	LIVE_TRUE(symlink("/outside", path) == 0);
	(void)snprintf(path, sizeof(path), "%s/bound", root);
	LIVE_TRUE(mount(FIRST "/outside", path, NULL, MS_BIND, NULL) == 0);
	static const char *const kernel[][2] = {
		{ "proc", "proc" }, { "sysfs", "sys" },	 { "tmpfs", "dev" },
		{ "tmpfs", "run" }, { "tmpfs", "work" },
	};
	for (size_t i = 0; i < sizeof(kernel) / sizeof(kernel[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", root, kernel[i][1]);
		mount_at(kernel[i][0], path);
	}
	(void)snprintf(path, sizeof(path), "%s/run/kept", root);
	put(path, "kept");
	(void)snprintf(path, sizeof(path), "%s/work/root", root);
	mount_at("tmpfs", path);
	(void)snprintf(path, sizeof(path), "%s/work/root/new", root);
	put(path, "new");
	/* a link of the image's: the move must end inside it */
	(void)snprintf(path, sizeof(path), "%s/work/root/var", root);
	make_dir(path);
	(void)snprintf(path, sizeof(path), "%s/work/root/run", root);
	LIVE_TRUE(symlink("/var/run", path) == 0);
	(void)snprintf(path, sizeof(path), "%s/work/root/var/run", root);
	make_dir(path);
}

static int entries(int dir)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), count = 0;
	DIR *list = fdopendir(copy);

	LIVE_TRUE(list != NULL);
	while (readdir(list))
		count++;
	closedir(list);
	return count - 2;
}

static void switch_and_check(int old, int outside)
{
	struct err err = ERR_INIT;
	char cwd[64];

	(void)LIVE_GOOD(switch_move_mounts("/work/root", &err), &err);
	(void)LIVE_GOOD(switch_root("/work/root", &err), &err);
	LIVE_TRUE(getcwd(cwd, sizeof(cwd)) && strcmp(cwd, "/") == 0);
	LIVE_TRUE(holds("/new", "new") && holds("/var/run/kept", "kept"));
	LIVE_TRUE(access("/proc/self/mountinfo", F_OK) == 0 &&
		  access("/sys/class", F_OK) == 0);
	LIVE_TRUE(entries(old) == 0);
	LIVE_TRUE(entries(outside) == 1);
	LIVE_TRUE(mounts_below("work") == 0 && mounts_below("bound") == 0);
}

static void prepare_first(void)
{
	mount_at("tmpfs", FIRST);
	make_dir(FIRST "/outside");
	put(FIRST "/outside/sentinel", "alive");
	make_dir(ROOT);
}

/* "/" is a directory, not a mount: it can't be pivoted, as the kernel's first root can't.
 */
static void switch_by_moving(void)
{
	int old, outside;

	prepare_first();
	make_first_root(ROOT);
	old = open(ROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	outside = open(FIRST "/outside", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	LIVE_TRUE(chroot(ROOT) == 0 && chdir("/") == 0);
	switch_and_check(old, outside);
}

static void switch_by_pivoting(void)
{
	int old, outside;

	prepare_first();
	mount_at("tmpfs", ROOT);
	make_first_root(ROOT);
	old = open(ROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	outside = open(FIRST "/outside", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	LIVE_TRUE(chdir(ROOT) == 0);
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		live_skip("this root can't be pivoted: %s", strerror(errno));
	LIVE_TRUE(umount2(".", MNT_DETACH) == 0 && chdir("/") == 0);
	switch_and_check(old, outside);
}

/* Only memory is freed: a root on anything else keeps its files. */
static void switch_keeps_a_disk(void)
{
	struct err err = ERR_INIT;
	char path[32];
	int loop, file, old;

	mount_at("tmpfs", FIRST);
	make_dir(ROOT);
	if (access(live_fixture("ext4.img"), F_OK) != 0)
		live_skip("no ext4.img");
	file = open(live_fixture("ext4.img"), O_RDONLY | O_CLOEXEC);
	loop = LIVE_GOOD(loop_open(file, 32 << 20, path, &err), &err);
	if (mount_new("ext4", path, "ro", 1, ROOT, &err) < 0)
		live_skip("%s", err.text);
	old = open(ROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	LIVE_TRUE(entries(old) == 1);
	mount_at("tmpfs", ROOT "/lost+found");
	put(ROOT "/lost+found/new", "new");
	LIVE_TRUE(chroot(ROOT) == 0 && chdir("/") == 0);
	(void)LIVE_GOOD(switch_root("/lost+found", &err), &err);
	LIVE_TRUE(holds("/new", "new") && entries(old) == 1);
	close(loop);
}

static void switch_puts_back_what_it_moved(void)
{
	struct err err = ERR_INIT;

	prepare_first();
	make_first_root(ROOT);
	/* /run ends in a file: the fourth move fails */
	LIVE_TRUE(unlink(ROOT "/work/root/run") == 0);
	put(ROOT "/work/root/run", "a file");
	LIVE_TRUE(chroot(ROOT) == 0 && chdir("/") == 0);
	LIVE_BAD(switch_move_mounts("/work/root", &err), ENOTDIR, &err, "/run");
	LIVE_TRUE(access("/proc/self/mountinfo", F_OK) == 0 &&
		  access("/sys/class", F_OK) == 0);
	LIVE_TRUE(access("/work/root/proc/self", F_OK) < 0);
	LIVE_BAD(switch_root("/etc", &err), EINVAL, &err, "/etc");
	LIVE_TRUE(holds("/etc/deep/er/file", "secret"));
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
		LIVE_TEST(switch_by_moving),
		LIVE_TEST(switch_by_pivoting),
		LIVE_TEST(switch_keeps_a_disk),
		LIVE_TEST(switch_puts_back_what_it_moved),
		{ NULL, NULL },
	};

	return live_main(tests, argc, argv);
}
